import { readFileSync } from 'node:fs';
import { TestingError } from '../testing.errors.js';

/** An account to run a program as. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root this is the account `postgres` or `nobody`, both of which systems have or
 * may have anyway: nothing is added to the system. For everybody else undefined: it runs as who we are.
 *
 * @throws TestingError `NO_UNPRIVILEGED_USER` when root has neither account.
 */
export function unprivilegedUser(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find(([user]) => user === name);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new TestingError(
    'NO_UNPRIVILEGED_USER',
    'PostgreSQL refuses to run as root and /etc/passwd has neither "postgres" nor "nobody" to run it as. Run as an ordinary user, or set DATABASE_URL to a running PostgreSQL.',
  );
}
