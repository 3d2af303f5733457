import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, startSample, type Sample } from './sample.js';

type Body = NonNullable<RequestInit['body']>;

interface Bad {
  /** `:id` is a subscription that is there. */
  request: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  body?: Body;
  type?: string;
  status: number;
}

const JSON_TYPE = 'application/json';
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const NEW = { customer: 'A', email: 'a@b.de', plan: 'pro', daysLeft: 1 };
const HEAD = 'customer,email,plan,days_left';

const json = (request: Bad['request'], body: unknown, status = 400): Bad => {
  return { request, body: typeof body === 'string' ? body : JSON.stringify(body), type: JSON_TYPE, status };
};
const csv = (body: string, status = 400, type = 'text/csv'): Bad => {
  return { request: 'POST /subscriptions/import', body, type, status };
};
const none = (request: Bad['request'], status: number): Bad => ({ request, status });
const avatar = (name: string, content: string, type: string, status: number, id = ':id'): Bad => {
  const body = new FormData();
  body.append(name, new Blob([content], { type }), '../../etc/passwd');
  return { request: `PUT /subscriptions/${id}/avatar`, body, status };
};
const raw = (body: string, type: string, status = 400): Bad => {
  return { request: 'PUT /subscriptions/:id/avatar', body, type, status };
};

const BAD: Bad[] = [
  none('GET /nowhere', 404),
  none('GET /subscriptions/%E0%A4%A', 400),
  none('GET /subscriptions/not-a-uuid', 400),
  none(`GET /subscriptions/${UNKNOWN}`, 404),
  ...['5001', '-1', 'x', '1.5', 'Infinity', "1' or '1'='1"].map((limit) =>
    none(`GET /subscriptions?limit=${limit}`, 400),
  ),
  none('GET /subscriptions?limit=1&limit=2', 400),
  none('GET /subscriptions?other=1', 400),
  none('GET /emails?limit=-1', 400),
  none('DELETE /subscriptions', 404),
  none('PATCH /plans', 404),
  none('POST /subscriptions', 400),
  ...['{}', '{"customer":', 'null', '[]', '"text"', `[${JSON.stringify(NEW)}]`].map((body) =>
    json('POST /subscriptions', body),
  ),
  json('POST /subscriptions', `{"customer":${'['.repeat(40_000)}${']'.repeat(40_000)}}`),
  json('POST /subscriptions', { ...NEW, plan: 'gold' }),
  json('POST /subscriptions', { ...NEW, daysLeft: '1' }),
  json('POST /subscriptions', { ...NEW, daysLeft: 1e9 }),
  json('POST /subscriptions', { ...NEW, customer: { $ne: null } }),
  json('POST /subscriptions', { ...NEW, customer: ' ' }),
  json('POST /subscriptions', { ...NEW, customer: 'x'.repeat(201) }),
  json('POST /subscriptions', { ...NEW, customer: 'A\0B' }),
  json('POST /subscriptions', { ...NEW, email: 'a\0@b.de' }),
  json('POST /subscriptions', { ...NEW, renewals: 9 }),
  json('POST /subscriptions', 'x'.repeat(200_000), 413),
  { ...json('POST /subscriptions', NEW), type: 'text/plain' },
  { ...json('POST /subscriptions', NEW, 415), type: `${JSON_TYPE}; charset=x-unknown` },
  csv('{"a":1}', 400, JSON_TYPE),
  csv(''),
  csv('a,b\n1,2'),
  csv(`${HEAD}\n"unclosed`),
  csv(`${HEAD}\n${'x'.repeat(20_000)},a@b.de,pro,1`),
  csv('x'.repeat(3_000_000), 413),
  none('POST /subscriptions/not-a-uuid/renew', 400),
  none(`POST /subscriptions/${UNKNOWN}/renew`, 404),
  json('PUT /plans/gold', { priceCents: 1 }, 404),
  json('PUT /plans/%00', { priceCents: 1 }, 404),
  ...[-1, 1.5, 1e12, null, '0; drop table plans'].map((priceCents) => json('PUT /plans/pro', { priceCents })),
  none(`GET /subscriptions/not-a-uuid/avatar`, 400),
  none(`GET /subscriptions/${UNKNOWN}/avatar`, 404),
  none('GET /subscriptions/:id/avatar', 404),
  avatar('file', 'x', 'image/png', 400, 'not-a-uuid'),
  avatar('file', 'x', 'image/png', 404, UNKNOWN),
  avatar('other', 'x', 'image/png', 400),
  avatar('file', '<script>', 'text/html', 415),
  avatar('file', 'x'.repeat(1_000_001), 'image/png', 413),
  raw('{}', JSON_TYPE),
  raw('no boundary', 'multipart/form-data'),
  raw('--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n', 'multipart/form-data; boundary=x'),
  none('GET /subscriptions/not-a-uuid/invoices', 400),
  none(`GET /subscriptions/${UNKNOWN}/invoices`, 404),
  ...['x', '1.5', '..%2F1', '%00'].map((number) => none(`GET /subscriptions/:id/invoices/${number}`, 400)),
  ...['1', '-1', '99999999999999999999'].map((number) => none(`GET /subscriptions/:id/invoices/${number}`, 404)),
  none('POST /replicas/kill', 403),
];

describe.each(BACKENDS)('bad input, on %s', (backend) => {
  let sample: Sample;
  let id: string;
  beforeAll(async () => {
    sample = await startSample(backend, { replicas: 1 });
    ({ id } = await sample.post<{ id: string }>('/subscriptions', { ...NEW, email: 'there@example.org' }));
  });
  afterAll(() => sample?.cluster.stop());

  it.each(BAD.map((bad) => [bad.request.slice(0, 60), show(bad.body), bad] as const))(
    '%s %s is refused with a problem body',
    async (_request, _body, { request, body, type, status }) => {
      const [method, path] = request.replace(':id', id).split(/ (.*)/);
      // Past the load balancer, which refuses some of it itself.
      const answer = await fetch(new URL(path, sample.cluster.replicas[0].url), {
        method,
        body,
        headers: type ? { 'Content-Type': type } : {},
      });
      expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
        status,
        type: expect.stringContaining('application/problem+json') as string,
      });
      expect(await answer.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    },
  );

  it('changes nothing', async () => {
    expect(await sample.get('/subscriptions')).toMatchObject({ total: 1, subscriptions: [{ id, renewals: 0 }] });
    expect(JSON.stringify(await sample.get('/plans'))).not.toContain('drop');
    expect(await sample.get(`/subscriptions/${id}/invoices`)).toEqual([]);
  });

  it('has been tried on every endpoint that takes any', async () => {
    const { paths } = await sample.get<{ paths: Record<string, object> }>('/api-json');
    const endpoints = Object.entries(paths).flatMap(([path, methods]) => {
      const taking = Object.keys(methods).filter((method) => method !== 'get' || path.includes('{'));
      return taking.map((method) => `${method.toUpperCase()} ${path}`);
    });
    const tried = (endpoint: string) => {
      const pattern = new RegExp(`^${endpoint.replace(/\{\w+\}/g, '[^/]+')}(\\?.*)?$`);
      return BAD.some(({ request }) => pattern.test(request));
    };
    expect(endpoints.length).toBeGreaterThan(8);
    expect(endpoints.filter((endpoint) => !tried(endpoint))).toEqual([]);
  });

  it('is no reason to refuse a file of many rows, which are all imported or none', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `Many,many${index}@example.org,basic,1`);
    const known = 'A,there@example.org,pro,1';
    const report = await sample.post('/subscriptions/import', [HEAD, ...rows, known].join('\n'));
    expect(report).toEqual({ imported: 20_000, known: 1, errors: [] });
  });

  it('in text is stored and shown as text', async () => {
    const customer = `<script>alert(1)</script>'; drop table subscriptions; -- \u{1F600} \\u0000 %00 {{7*7}}`;
    const wanted = { ...NEW, customer, email: 'text@example.org' };
    const { id: created } = await sample.post<{ id: string }>('/subscriptions', wanted);
    const answer = await sample.fetch(`/subscriptions/${created}`);
    expect(answer.headers.get('content-type')).toContain(JSON_TYPE);
    expect(await answer.json()).toMatchObject({ customer });
    const again = await sample.fetch('/subscriptions', {
      method: 'POST',
      headers: { 'Content-Type': JSON_TYPE },
      body: JSON.stringify(wanted),
    });
    expect(again.status).toBe(409);
  });
});

const show = (body: Body | undefined) =>
  typeof body === 'string' ? JSON.stringify(body.slice(0, 60)) : body ? 'form' : '';
