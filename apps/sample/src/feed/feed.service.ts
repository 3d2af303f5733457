import { Injectable } from '@nestjs/common';
import { ClusterService } from '@rookery/cluster';
import { RealtimeService } from '@rookery/realtime';
import type { EntityManager } from 'typeorm';

/** The room of everybody who watches. */
export const FEED = 'feed';

export interface Activity {
  kind: 'renewed' | 'reminded' | 'created';
  text: string;
  at: string;
  /** Where it happened. */
  replica: string;
}

@Injectable()
export class FeedService {
  constructor(
    private readonly cluster: ClusterService,
    private readonly realtime: RealtimeService,
  ) {}

  /** Tells all watchers, on whatever replica they are, once the transaction has committed. */
  publish(manager: EntityManager, kind: Activity['kind'], text: string): void {
    const activity: Activity = { kind, text, at: new Date().toISOString(), replica: this.cluster.self.id };
    this.realtime.toRoom(FEED).emitAfterCommit(manager, 'activity', activity);
  }

  async watchers(): Promise<number> {
    return (await this.realtime.presence(FEED)).length;
  }
}
