import { Transform } from 'class-transformer';
import { IsEmail, IsIn, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';

export const PLANS = ['basic', 'plus', 'pro'] as const;
const trimmed = Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

export class NewSubscription {
  @trimmed
  @IsString()
  @Length(1, 200)
  @Matches(/^\P{Cc}*$/u, { message: 'customer must not contain control characters' })
  customer: string;

  @trimmed
  @IsEmail()
  @Length(3, 254)
  email: string;

  @IsIn(PLANS)
  plan: string;

  /** Whole days until it expires. */
  @IsInt()
  @Min(0)
  @Max(3650)
  daysLeft: number;
}
