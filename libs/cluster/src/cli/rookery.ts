import { inspect, parseArgs } from 'node:util';
import { RookeryError } from '@rookery/core';
import { doctorCommand } from './doctor.command.js';
import { migrateCommand } from './migrate.command.js';

const USAGE = `Usage:
  rookery doctor <url>            asks a running app, e.g. http://localhost:3000
  rookery doctor <module file>    looks at an app without starting it, e.g. dist/app.module.js
  rookery migrate                 brings the tables of schema "rookery" up to date

  --token <token>   what doctor.access asks for            (ROOKERY_DOCTOR_TOKEN)
  --json            prints the diagnosis as JSON

Exit code: 0 when all is well, 1 when errors were found, 2 when the command could not do its work.
`;

/** The command line. @returns the exit code */
export async function rookery(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { token: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const [command, target, ...rest] = positionals;
    if (values.help) return print(USAGE, 0);
    if (command === 'doctor' && target && rest.length === 0) return await doctorCommand(target, values);
    if (command === 'migrate' && !target) return await migrateCommand();
    return print(USAGE, 2);
  } catch (error) {
    const isOurs = error instanceof RookeryError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${isOurs ? (error as Error).message : inspect(error)}\n`);
    return 2;
  }
}

function print(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}
