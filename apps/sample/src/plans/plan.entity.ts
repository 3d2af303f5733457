import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('plans')
export class Plan {
  @PrimaryColumn('text')
  name: string;

  /** Euro cents a month. */
  @Column('int', { name: 'price_cents' })
  priceCents: number;
}
