import { Module } from '@nestjs/common';
import { ClusterModule } from '@rookery/cluster';
import { ClusterDashboardModule } from '@rookery/cluster/dashboard';
import { AvatarsModule } from './avatars/avatars.module.js';
import { blobDriver } from './blobs/blob-driver.js';
import { DatabaseModule } from './database/database.module.js';
import { FeedModule } from './feed/feed.module.js';
import { visitorOf } from './feed/visitor.js';
import { MailModule } from './mail/mail.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PlansModule } from './plans/plans.module.js';
import { QueuesModule } from './queues/queues.module.js';
import { ReceiptsModule } from './receipts/receipts.module.js';
import { RemindersModule } from './reminders/reminders.module.js';
import { RenewalsModule } from './renewals/renewals.module.js';
import { ReplicasModule } from './replicas/replicas.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';

/** Polling needs a load balancer that keeps a client on one replica. */
const transports: ('websocket' | 'polling')[] = process.env.POLLING ? ['polling', 'websocket'] : ['websocket'];

@Module({
  imports: [
    ClusterModule.forRoot({ blob: { driver: await blobDriver() }, realtime: { userOf: visitorOf, transports } }),
    ClusterDashboardModule.forRoot({ bullBoardPath: '/queues' }),
    DatabaseModule,
    MailModule,
    MetricsModule,
    PlansModule,
    QueuesModule,
    SubscriptionsModule,
    AvatarsModule,
    FeedModule,
    ReceiptsModule,
    RenewalsModule,
    RemindersModule,
    ReplicasModule,
  ],
})
export class AppModule {}
