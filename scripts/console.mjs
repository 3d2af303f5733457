// How these scripts talk: one line per step, one paragraph per problem.

/** A problem to be told in one paragraph, without a stack trace. */
export class Problem extends Error {}

export const say = (text = '') => console.log(text);

/** Runs a script's main function; a Problem, or an error that names its cure, ends it with exit code 1. */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    const known = error instanceof Problem || typeof error.code === 'string';
    console.error(`\n${known ? error.message : error.stack}\n`);
    process.exit(1);
  }
}

/** An address as it may be shown: without its password. */
export function withoutPassword(url) {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  return shown.href;
}

/** Seconds since a moment of performance.now(), for people. */
export const secondsSince = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;
