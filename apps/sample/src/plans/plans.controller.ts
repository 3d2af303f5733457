import { Body, Controller, Get, NotFoundException, Param, ParseEnumPipe, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PLANS } from '../subscriptions/new-subscription.dto.js';
import { NewPrice } from './new-price.dto.js';
import { PlansService } from './plans.service.js';

const KNOWN_PLAN = new ParseEnumPipe(PLANS, {
  exceptionFactory: () => new NotFoundException('There is no such plan.'),
});

@ApiTags('plans')
@Controller('plans')
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Get()
  list() {
    return this.plans.list();
  }

  @Put(':name')
  setPrice(@Param('name', KNOWN_PLAN) name: string, @Body() { priceCents }: NewPrice) {
    return this.plans.setPrice(name, priceCents);
  }
}
