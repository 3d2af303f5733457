import { BadRequestException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { isUUID } from 'class-validator';
import type { Request } from 'express';
import { SubscriptionsService } from './subscriptions.service.js';

/** Refuses routes under a subscription that is not there. A guard, since an upload is taken before pipes run. */
@Injectable()
export class SubscriptionExists implements CanActivate {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const { id } = context.switchToHttp().getRequest<Request>().params;
    if (!isUUID(id)) throw new BadRequestException('The id of a subscription is a UUID.');
    await this.subscriptions.get(String(id));
    return true;
  }
}
