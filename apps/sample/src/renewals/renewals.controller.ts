import { Controller, HttpCode, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RenewalsService } from './renewals.service.js';

@ApiTags('subscriptions')
@Controller('subscriptions/:id/renew')
export class RenewalsController {
  constructor(private readonly renewals: RenewalsService) {}

  @Post()
  @HttpCode(200)
  renew(@Param('id', ParseUUIDPipe) id: string) {
    return this.renewals.renew(id);
  }
}
