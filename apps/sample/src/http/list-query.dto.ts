import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

export class ListQuery {
  /** How many rows to answer. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(5_000)
  limit: number = 50;
}
