import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What the reminder task did in one slot, written by itself. */
@Entity('reminder_runs')
export class ReminderRun {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: string;

  @Column('timestamptz')
  slot: Date;

  @Column('int')
  attempt: number;

  @Column('text')
  replica: string;

  @Column('int')
  reminders: number;

  @CreateDateColumn({ name: 'finished_at', type: 'timestamptz' })
  finishedAt: Date;
}
