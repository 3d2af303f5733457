import { checkName, InvalidInputError } from '@rookery/core';
import { RoomRefusedError } from '../realtime.errors.js';

/** The room of everybody, where the log keeps what goes to all. */
export const EVERYBODY = '';

const OWN = 'rookery:';
const USER = `${OWN}user:`;

/** The room with all sockets of a user. */
export const roomOfUser = (user: string) => USER + user;

/** A room in the store only: its members are the ids of a user's sockets. */
export const roomOfSockets = (user: string) => `${OWN}sockets:${user}`;

/** Whether a room is none of the app's. */
export const isOwn = (room: string) => room.startsWith(OWN);

/** The user whose room this is. */
export const userOfRoom = (room: string) => (room.startsWith(USER) ? room.slice(USER.length) : undefined);

/** @throws RoomRefusedError when no app may use the name */
export function checkRoom(room: string): void {
  if (typeof room === 'string' && room.startsWith(OWN))
    throw new RoomRefusedError(room, `names that begin with "${OWN}" are taken; use toUser() for a user's sockets`);
  try {
    checkName('The room', room);
  } catch (error) {
    throw new RoomRefusedError(String(room), (error as InvalidInputError).message.replace(/\.$/, ''));
  }
}
