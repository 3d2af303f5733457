import { JobDataError } from './jobs.errors.js';

/**
 * Proves that a value reads the same after it went through JSON: what JSON would silently turn into something else (a
 * Date into text, a Map into `{}`) is refused with its path. Properties that are undefined are left out, as always.
 *
 * @throws JobDataError naming the place
 */
export function checkJson(job: string, what: string, value: unknown, maxBytes: number): void {
  visit(value, what, []);
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > maxBytes) {
    throw new JobDataError(
      job,
      `${what} take ${bytes} bytes as JSON, more than the ${maxBytes} allowed. Store the data and pass its id, or raise maxArgsBytes.`,
    );
  }

  function visit(part: unknown, path: string, above: readonly unknown[]): void {
    const wrong = notJson(part);
    if (wrong || above.includes(part)) {
      const hint = part instanceof Date ? ' Pass toISOString() or getTime().' : '';
      throw new JobDataError(job, `${path} is ${wrong ?? 'inside itself (a cycle)'}, but must be JSON.${hint}`);
    }
    if (typeof part !== 'object' || part === null) return;
    const inside = [...above, part];
    if (Array.isArray(part)) return part.forEach((item, index) => visit(item, `${path}[${index}]`, inside));
    for (const [key, item] of Object.entries(part)) if (item !== undefined) visit(item, `${path}.${key}`, inside);
  }
}

/** What a value is that JSON cannot carry; undefined for what it can. */
function notJson(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value))
    return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  const turnsIntoSomethingElse =
    'toJSON' in value || Symbol.iterator in value || value instanceof Promise || value instanceof Error;
  return turnsIntoSomethingElse ? `a ${value.constructor.name}` : undefined;
}
