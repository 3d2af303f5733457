import type { Socket } from 'socket.io';
import type { CheckedOptions } from '../realtime.options.js';
import { RoomRefusedError } from '../realtime.errors.js';
import { checkRoom } from './rooms.js';

/**
 * Whether a socket may join rooms. Throws at once for a bad name; answers a promise only when the app has a say.
 *
 * @throws RoomRefusedError
 */
export function checkJoin(
  { canJoin }: CheckedOptions,
  socket: Socket | undefined,
  user: string | null,
  rooms: readonly string[],
): Promise<void> | undefined {
  for (const room of rooms) checkRoom(room);
  if (!canJoin || !socket) return undefined;
  return Promise.all(
    rooms.map(async (room) => {
      if (!(await canJoin(user, room, socket))) throw new RoomRefusedError(room, 'canJoin did not allow it');
    }),
  ).then(() => undefined);
}
