import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('subscriptions')
export class Subscription {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('text')
  customer: string;

  @Column('text')
  email: string;

  @Column('text')
  plan: string;

  @Column('int', { default: 0 })
  renewals: number;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** The end date that a reminder was sent for. */
  @Column('timestamptz', { name: 'reminded_for', nullable: true })
  remindedFor: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
