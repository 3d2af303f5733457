import { readFile } from 'node:fs/promises';

/**
 * Shows in half a minute that three replicas behave as one app.
 *
 * @param {string} baseUrl where the load balancer answers
 * @param {{ kill(index: number): Promise<void>, start(index: number): Promise<void>, replicas: { id: string }[] }} cluster
 * @returns {Promise<{ check: string, result: string, ok: boolean }[]>}
 */
export async function smoke(baseUrl, cluster) {
  const send = async (method, path, body, type = 'application/json') => {
    const options = body === undefined ? { method } : { method, body, headers: { 'Content-Type': type } };
    const response = await fetch(new URL(path, baseUrl), options);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return [await inTurn(send, cluster), await reminders(send, cluster), await renewals(send)];
}

async function inTurn(send, cluster) {
  const answers = await Promise.all(cluster.replicas.flatMap(() => [send('GET', '/whoami'), send('GET', '/whoami')]));
  const seen = new Set(answers.map(({ id }) => id)).size;
  return {
    check: 'replicas answer in turn',
    result: `${seen} of ${cluster.replicas.length}`,
    ok: seen === cluster.replicas.length,
  };
}

async function renewals(send) {
  const wanted = { customer: 'Smoke', email: `smoke-${Date.now()}@example.org`, plan: 'pro', daysLeft: 30 };
  const { id } = await send('POST', '/subscriptions', JSON.stringify(wanted));
  await Promise.all(Array.from({ length: 50 }, () => send('POST', `/subscriptions/${id}/renew`)));
  const { renewals } = await send('GET', `/subscriptions/${id}`);
  return { check: '50 renewals of one subscription at once', result: `${renewals} kept`, ok: renewals === 50 };
}

async function reminders(send, cluster) {
  const csv = await readFile(new URL('data/subscriptions.csv', import.meta.url), 'utf8');
  await send('POST', '/subscriptions/import', csv, 'text/csv');
  await cluster.kill(0);
  const deadline = Date.now() + 60_000;
  let emails = await send('GET', '/emails?limit=0');
  while (emails.total < 1_000 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    emails = await send('GET', '/emails?limit=0');
  }
  await cluster.start(0);
  const result = `${emails.total} sent, ${emails.duplicates} twice`;
  return {
    check: '1,000 reminders, one replica killed meanwhile',
    result,
    ok: emails.total === 1_000 && emails.duplicates === 0,
  };
}
