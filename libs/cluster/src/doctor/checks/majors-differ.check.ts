import type { Check } from '../check.js';

export const majorsDiffer: Check = {
  id: 'RK019',
  severity: 'warning',
  why: 'Replicas one minor version apart understand each other, as a rolling deploy needs; between major versions nobody promised it.',
  cure: 'Finish or roll back the deploy; deploy breaking changes as two compatible steps.',
  find({ self, replicas }) {
    const others = replicas.filter(({ version }) => major(version) !== major(self.version));
    return others.map(({ id, version }) => `${id} runs version ${version}, ${self.id} runs ${self.version}`);
  },
};

function major(version: string): string {
  return version.split('.')[0];
}
