import type { Check } from '../check.js';

export const secretsDiffer: Check = {
  id: 'RK018',
  severity: 'error',
  why: 'What one replica signs or encrypts (sessions, tokens, signed URLs, blobs), another refuses: users are thrown out at random.',
  cure: 'Give all replicas the same secret; change it for all of them in one deploy.',
  find({ self, replicas }) {
    const names = Object.keys(self.fingerprints);
    const differs = (name: string) =>
      replicas.filter(
        ({ fingerprints }) => fingerprints[name] !== undefined && fingerprints[name] !== self.fingerprints[name],
      );
    return names.flatMap((name) =>
      differs(name).map(({ id }) => `the secret "${name}" of ${id} is not the one of ${self.id}`),
    );
  },
};
