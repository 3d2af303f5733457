import { printed } from '../doctor/diagnosis.text.js';
import type { Diagnosis } from '../doctor/finding.js';
import { diagnosisOfModule } from './diagnosis-of-module.js';
import { diagnosisOfUrl } from './diagnosis-of-url.js';

/** @returns the exit code: 1 when there is an error that nobody acknowledged */
export async function doctorCommand(target: string, options: { token?: string; json?: boolean }): Promise<number> {
  const token = options.token ?? process.env.ROOKERY_DOCTOR_TOKEN;
  const diagnosis = /^https?:\/\//.test(target) ? await diagnosisOfUrl(target, token) : await diagnosisOfModule(target);
  process.stdout.write(`${options.json ? JSON.stringify(diagnosis, null, 2) : printed(diagnosis)}\n`);
  return hasErrors(diagnosis) ? 1 : 0;
}

function hasErrors({ findings }: Diagnosis): boolean {
  return findings.some(({ severity, acknowledged }) => severity === 'error' && !acknowledged);
}
