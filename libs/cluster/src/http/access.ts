import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Decides who may see a page of the suite. */
export type Access = (request: IncomingMessage) => boolean | Promise<boolean>;

/**
 * Lets in whoever sends `Authorization: Bearer <token>`, or the token as the password of HTTP Basic, so that a browser
 * can ask for it. Compared in constant time.
 *
 * @example doctor: { access: bearerToken(process.env.OPS_TOKEN!) }
 */
export function bearerToken(token: string): Access {
  const expected = digest(token);
  return ({ headers }) => {
    const [, scheme = '', value = ''] = /^(\S+) (.*)$/.exec(headers.authorization ?? '') ?? [];
    const given = /^basic$/i.test(scheme)
      ? Buffer.from(value, 'base64').toString().split(':').slice(1).join(':')
      : value;
    return token !== '' && /^(basic|bearer)$/i.test(scheme) && timingSafeEqual(digest(given), expected);
  };
}

/** Open on a developer's machine, closed everywhere else. */
export function developersOnly(env: NodeJS.ProcessEnv = process.env): Access {
  return () => env.NODE_ENV === 'development';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
