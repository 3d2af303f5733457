import { IsInt, Max, Min } from 'class-validator';

export class NewPrice {
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  priceCents: number;
}
