import type { Check } from '../check.js';

export const sessionInMemory: Check = {
  id: 'RK008',
  severity: 'error',
  why: 'A user who is logged in on one replica is a stranger on the next, and every deploy logs everybody out.',
  cure: 'Give express-session a shared store, e.g. connect-redis or connect-pg-simple.',
  find: ({ middleware }) =>
    middleware
      .filter(({ name, handle }) => name === 'session' && storeOf(handle)?.constructor.name === 'MemoryStore')
      .map(() => 'express-session with its default MemoryStore'),
};

/**
 * The store is a variable inside the middleware. It first comes out where the middleware puts it on the request, so a
 * made-up request takes it there and stops before anything else happens.
 */
function storeOf(handle: (...args: unknown[]) => unknown): object | undefined {
  let store: object | undefined;
  const stop = new Error('seen enough');
  const request = {
    originalUrl: '/',
    url: '/',
    headers: {},
    secret: 'none',
    set sessionStore(value: object) {
      store = value;
      throw stop;
    },
  };
  try {
    handle(request, {}, () => undefined);
  } catch (error) {
    if (error !== stop) return undefined;
  }
  return store;
}
