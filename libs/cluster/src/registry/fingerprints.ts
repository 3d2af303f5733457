import { scryptSync } from 'node:crypto';

/**
 * Short, salted and slow hashes of secrets: enough to see that two replicas differ, too little to guess a secret from.
 */
export function fingerprintsOf(
  secrets: Record<string, string | undefined> = {},
  namespace: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => [
      name,
      secret === undefined ? 'none' : scryptSync(secret, `rookery:${namespace}:${name}`, 6).toString('base64url'),
    ]),
  );
}
