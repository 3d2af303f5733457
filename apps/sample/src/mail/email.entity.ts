import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Every e-mail that was sent. */
@Entity('emails')
export class Email {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: string;

  @Column('uuid', { name: 'subscription_id' })
  subscriptionId: string;

  @Column('text')
  kind: 'reminder' | 'receipt';

  @Column('text')
  recipient: string;

  @Column('text')
  subject: string;

  /** Which replica sent it. */
  @Column('text')
  replica: string;

  @CreateDateColumn({ name: 'sent_at', type: 'timestamptz' })
  sentAt: Date;

  /** When the SMTP server took it; null while it waits, or when there is none. */
  @Column('timestamptz', { name: 'delivered_at', nullable: true })
  deliveredAt: Date | null;
}
