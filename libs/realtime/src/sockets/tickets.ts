import { createHmac, timingSafeEqual } from 'node:crypto';

/** To whom and for what a ticket is. */
export interface TicketSubject {
  nsp: string;
  user: string | null;
  room: string;
}

/**
 * Proves that a socket was in a room, since the replica that knew it may be dead. Signed, so that a client cannot make
 * one; bound to the user; it ends by itself; and it names the offset of the join, before which nothing is handed out.
 */
export class Tickets {
  constructor(private readonly secret: string) {}

  /** @param expiresAt milliseconds since 1970, by the store's clock */
  issue(subject: TicketSubject, joinedAt: number, expiresAt: number): string {
    const claim = `${joinedAt.toString(36)}.${Math.round(expiresAt).toString(36)}`;
    return `${claim}.${this.sign(subject, claim)}`;
  }

  /** The offset of the join; undefined when the ticket is forged, somebody else's, or past its time. */
  check(subject: TicketSubject, ticket: unknown, now: number): number | undefined {
    if (typeof ticket !== 'string' || ticket.length > 100) return undefined;
    const [joined, expires, signature] = ticket.split('.');
    if (!joined || !expires || !signature) return undefined;
    const expected = Buffer.from(this.sign(subject, `${joined}.${expires}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return parseInt(expires, 36) > now ? parseInt(joined, 36) : undefined;
  }

  private sign({ nsp, user, room }: TicketSubject, claim: string): string {
    const text = JSON.stringify([nsp, user, room, claim]);
    return createHmac('sha256', this.secret).update(text).digest('base64url').slice(0, 32);
  }
}
