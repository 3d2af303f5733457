import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ReminderRun } from './reminder-run.entity.js';

@ApiTags('reminders')
@Controller('reminders/runs')
export class RemindersController {
  constructor(@InjectRepository(ReminderRun) private readonly runs: Repository<ReminderRun>) {}

  @Get()
  list() {
    return this.runs.find({ order: { id: 'DESC' }, take: 1_000 });
  }
}
