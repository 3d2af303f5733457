import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { ListQuery } from '../http/list-query.dto.js';
import { NewSubscription } from './new-subscription.dto.js';
import { SubscriptionImporter } from './subscription-importer.js';
import { SubscriptionsService } from './subscriptions.service.js';

@ApiTags('subscriptions')
@Controller('subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly importer: SubscriptionImporter,
  ) {}

  @Get()
  async list(@Query() { limit }: ListQuery) {
    return { total: await this.subscriptions.count(), subscriptions: await this.subscriptions.list(limit) };
  }

  @Get(':id')
  get(@Param('id', ParseUUIDPipe) id: string) {
    return this.subscriptions.get(id);
  }

  @Post()
  create(@Body() wanted: NewSubscription) {
    return this.subscriptions.create(wanted);
  }

  @Post('import')
  @HttpCode(200)
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: 'customer,email,plan,days_left\nAda,ada@example.org,pro,3' } })
  import(@Body() csv: unknown) {
    if (typeof csv !== 'string')
      throw new BadRequestException('Send the CSV file as the body, with Content-Type: text/csv.');
    return this.importer.import(csv);
  }
}
