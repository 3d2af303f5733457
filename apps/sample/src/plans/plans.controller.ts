import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NewPrice } from './new-price.dto.js';
import { PlansService } from './plans.service.js';

@ApiTags('plans')
@Controller('plans')
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Get()
  list() {
    return this.plans.list();
  }

  @Put(':name')
  setPrice(@Param('name') name: string, @Body() { priceCents }: NewPrice) {
    return this.plans.setPrice(name, priceCents);
  }
}
