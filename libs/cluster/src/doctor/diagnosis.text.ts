import type { Diagnosis, Finding } from './finding.js';

/** A diagnosis for people: one line when all is well, else one paragraph per finding. */
export function printed({ backend, providers, findings, unexamined }: Diagnosis): string {
  const where = `on ${backend.kind} (${backend.address}); ${Object.entries(providers)
    .map((pair) => pair.join(': '))
    .join(', ')}`;
  return [
    `${countOf(findings)} ${where}`,
    ...findings.map(paragraph),
    ...unexamined.map(({ id, reason }) => `  ${id} could not be examined: ${reason}`),
  ].join('\n');
}

function countOf(findings: Finding[]): string {
  const open = findings.filter(({ acknowledged }) => !acknowledged);
  if (open.length === 0) return findings.length > 0 ? 'Only what was acknowledged' : 'Nothing found';
  const errors = open.filter(({ severity }) => severity === 'error').length;
  return `Found ${plural(errors, 'error')} and ${plural(open.length - errors, 'warning')}`;
}

function paragraph({ id, severity, found, why, cure, acknowledged }: Finding): string {
  const title = `  ${id} ${severity.padEnd(7)} ${found}`;
  return acknowledged
    ? `${title}\n        acknowledged: ${acknowledged}`
    : `${title}\n        why:  ${why}\n        cure: ${cure}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
