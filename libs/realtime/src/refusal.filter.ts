import { Catch, type ArgumentsHost } from '@nestjs/common';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import { MessageTooLargeError, RoomRefusedError } from './realtime.errors.js';

/**
 * Tells the client why it was refused, in an `exception` event with `code` and `message`, where Nest would say
 * "Internal server error".
 *
 * @example
 * @UseFilters(new RefusalFilter())
 * @WebSocketGateway()
 * export class FeedGateway {}
 */
@Catch(RoomRefusedError, MessageTooLargeError)
export class RefusalFilter extends BaseWsExceptionFilter {
  override catch(error: RoomRefusedError | MessageTooLargeError, host: ArgumentsHost): void {
    const { code, message } = error;
    super.catch(new WsException({ status: 'error', code, message }), host);
  }
}
