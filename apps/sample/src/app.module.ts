import { Module } from '@nestjs/common';
import { ClusterModule } from '@rookery/cluster';
import { DatabaseModule } from './database/database.module.js';
import { MailModule } from './mail/mail.module.js';
import { PlansModule } from './plans/plans.module.js';
import { RemindersModule } from './reminders/reminders.module.js';
import { RenewalsModule } from './renewals/renewals.module.js';
import { ReplicasModule } from './replicas/replicas.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';

@Module({
  imports: [
    ClusterModule.forRoot(),
    DatabaseModule,
    MailModule,
    PlansModule,
    SubscriptionsModule,
    RenewalsModule,
    RemindersModule,
    ReplicasModule,
  ],
})
export class AppModule {}
