import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { FEED } from './feed.service.js';

/** Written as for one process: whoever connects, to whichever replica, follows the feed. */
@WebSocketGateway()
export class FeedGateway implements OnGatewayConnection {
  async handleConnection(socket: Socket): Promise<void> {
    await socket.join(FEED);
  }
}
