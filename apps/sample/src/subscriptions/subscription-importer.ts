import { BadRequestException, Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { parse, type Info } from 'csv-parse/sync';
import { NewSubscription } from './new-subscription.dto.js';
import { SubscriptionsService } from './subscriptions.service.js';

const COLUMNS = ['customer', 'email', 'plan', 'days_left'];

export interface ImportReport {
  imported: number;
  /** Rows that were in the database, or earlier in the file. */
  known: number;
  errors: { line: number; problem: string }[];
}

/** Imports the good rows of a CSV file and reports the bad ones by line; importing a file twice changes nothing. */
@Injectable()
export class SubscriptionImporter {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  async import(csv: string): Promise<ImportReport> {
    const good: NewSubscription[] = [];
    const errors: ImportReport['errors'] = [];
    for (const { record, line } of this.rows(csv)) {
      const row = plainToInstance(NewSubscription, { ...record, daysLeft: numberFrom(record.days_left) });
      const [error] = await validate(row);
      if (error) errors.push({ line, problem: Object.values(error.constraints ?? {})[0] });
      else good.push(pick(row));
    }
    const ids = await this.subscriptions.insert(good);
    return { imported: ids.length, known: good.length - ids.length, errors };
  }

  private rows(csv: string): { record: Record<string, string>; line: number }[] {
    try {
      let found: string[] = [];
      const rows = parse(csv, {
        columns: (header: string[]) => (found = header),
        bom: true,
        trim: true,
        skip_empty_lines: true,
        relax_column_count: true,
        info: true,
        max_record_size: 10_000,
      }) as unknown as { record: Record<string, string>; info: Info }[];
      const missing = COLUMNS.filter((column) => !found.includes(column));
      if (missing.length > 0) throw new Error(`the first line lacks ${missing.join(', ')}`);
      return rows.map(({ record, info }) => ({ record, line: info.lines }));
    } catch (error) {
      throw new BadRequestException(
        `This is not a CSV file with the columns ${COLUMNS.join(', ')}: ${(error as Error).message}`,
      );
    }
  }
}

const numberFrom = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text));
const pick = ({ customer, email, plan, daysLeft }: NewSubscription): NewSubscription => ({
  customer,
  email,
  plan,
  daysLeft,
});
