import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ListQuery } from '../http/list-query.dto.js';
import { Email } from './email.entity.js';

@ApiTags('emails')
@Controller('emails')
export class EmailsController {
  constructor(@InjectRepository(Email) private readonly emails: Repository<Email>) {}

  /** The newest e-mails, how many there are, and how many of them nobody should have got. */
  @Get()
  async list(@Query() { limit }: ListQuery) {
    const [emails, total] = await this.emails.findAndCount({ order: { id: 'DESC' }, take: limit });
    return { total, duplicates: await this.duplicates(), emails: limit === 0 ? [] : emails };
  }

  /** Reminders beyond the first one of a subscription between two renewals. */
  private async duplicates(): Promise<number> {
    const [{ duplicates }] = await this.emails.query<{ duplicates: string }[]>(`
      select coalesce(sum(sent - 1), 0) as duplicates from (
        select count(*) as sent from emails where kind = 'reminder' group by subscription_id, subject) as per_subject`);
    return Number(duplicates);
  }
}
