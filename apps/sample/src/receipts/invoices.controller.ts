import { Controller, Get, Param, ParseIntPipe, Res, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { sendBlob } from '@rookery/blob';
import type { Response } from 'express';
import { SubscriptionExists } from '../subscriptions/subscription-exists.guard.js';
import { Invoices } from './invoices.js';

@ApiTags('invoices')
@Controller('subscriptions/:id/invoices')
@UseGuards(SubscriptionExists)
export class InvoicesController {
  constructor(private readonly invoices: Invoices) {}

  @Get()
  async list(@Param('id') id: string) {
    const { entries } = await this.invoices.list({ prefix: `${id}/` });
    return entries.map(({ name, storedBytes }) => ({
      number: Number(/(\d+)\.pdf$/.exec(name)?.[1]),
      bytes: storedBytes,
    }));
  }

  @Get(':number')
  async get(@Param('id') id: string, @Param('number', ParseIntPipe) number: number, @Res() response: Response) {
    await sendBlob(response, this.invoices, `${id}/${String(number).padStart(4, '0')}.pdf`);
  }
}
