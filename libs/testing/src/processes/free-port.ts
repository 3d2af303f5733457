import { createServer } from 'node:net';
import { TestingError } from '../testing.errors.js';

// Below the range from which systems take the ports of outgoing connections: a server that is stopped for a moment
// gets its port back, and a client that dials the dead port cannot be connected to itself.
const FIRST = 15_000;
const LAST = 31_999;

/** A TCP port of 127.0.0.1 on which nothing listens now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
  throw new TestingError('NO_FREE_PORT', `Of 100 ports tried between ${FIRST} and ${LAST} none is free on 127.0.0.1.`);
}

/** Whether a server could listen on this port now. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
