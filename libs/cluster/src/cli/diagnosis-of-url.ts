import { reason, RookeryError } from '@rookery/core';
import type { Diagnosis } from '../doctor/finding.js';

const TIMEOUT_MS = 20_000;

/**
 * Asks a running app. @param target where the app is, or the whole address of the doctor's page
 *
 * @throws RookeryError saying what to do when there is no answer
 */
export async function diagnosisOfUrl(target: string, token: string | undefined): Promise<Diagnosis> {
  const url = new URL(target);
  if (url.pathname === '/') url.pathname = '/health/doctor';
  const where = `${url.origin}${url.pathname}`;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    throw failed(`${where} cannot be asked: ${reason((error as Error).cause ?? error)}. Is the app running there?`);
  });
  if (response.status === 401)
    throw failed(`${where} refused: set doctor.access in ClusterModule, and give what it asks for with --token.`);
  const body = (await response.json().catch(() => undefined)) as Diagnosis | undefined;
  if (response.ok && body?.findings) return body;
  throw failed(`${where} answered ${response.status} and no diagnosis. Does the app import ClusterModule?`);
}

function failed(message: string): RookeryError {
  return new RookeryError('ROOKERY_CLI', message);
}
