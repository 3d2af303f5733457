import { expect, it, vi } from 'vitest';
import { ConnectionCount } from './connection-count.js';

it('connects once for users that come together, and disconnects after the last', async () => {
  const connect = vi.fn(async () => undefined);
  const disconnect = vi.fn(async () => undefined);
  const users = new ConnectionCount(connect, disconnect);
  await Promise.all([users.open(), users.open(), users.open()]);
  await Promise.all([users.close(), users.close()]);
  expect(disconnect).not.toHaveBeenCalled();
  await users.close();
  await users.close();
  expect([connect.mock.calls.length, disconnect.mock.calls.length]).toEqual([1, 1]);
  await users.open();
  expect(connect).toHaveBeenCalledTimes(2);
});

it('lets the next user try again when connecting failed', async () => {
  const connect = vi.fn().mockRejectedValueOnce(new Error('refused')).mockResolvedValue(undefined);
  const users = new ConnectionCount(connect, async () => undefined);
  await expect(users.open()).rejects.toThrow('refused');
  await users.open();
  expect(connect).toHaveBeenCalledTimes(2);
});
