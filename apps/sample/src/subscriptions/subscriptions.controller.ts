import {
  BadRequestException,
  Body,
  Controller,
  DefaultValuePipe,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  ParseUUIDPipe,
  Post,
  Query,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
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
  async list(@Query('limit', new DefaultValuePipe(50), ParseIntPipe) limit: number) {
    if (limit < 1 || limit > 2_000) throw new BadRequestException('limit must be between 1 and 2000.');
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
