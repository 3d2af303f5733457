import { memory } from '@rookery/core';
import { describe, expect, it } from 'vitest';
import { clockSkew } from '../../libs/cluster/src/doctor/checks/clock-skew.check.js';
import type { Patient } from '../../libs/cluster/src/doctor/patient.js';
import { found } from './cluster.examination.js';

/** What the second of two replicas finds, one after the other booted. */
async function together(id: string, first: object, second: object): Promise<string[]> {
  const backend = memory();
  const places: string[] = [];
  await found(id, {
    options: { backend, ...first },
    before: async () => places.push(...(await found(id, { options: { backend, ...second } }))),
  });
  return places;
}

describe('the doctor, about replicas', () => {
  it('RK013: a clock that is off', async () => {
    const patient = (clockSkewMs: number) => ({ replicas: [{ id: 'a', clockSkewMs }] }) as Patient;
    expect(await clockSkew.find(patient(300_000))).toEqual(["the clock of a is 300.0 s ahead of the store's"]);
    expect(await clockSkew.find(patient(-5_000))).toEqual(["the clock of a is 5.0 s behind the store's"]);
    expect(await clockSkew.find(patient(500))).toEqual([]);
  });

  it('RK018: secrets that differ, without showing them', async () => {
    const secrets = (session: string | undefined) => ({ secrets: { session } });
    const [place] = await together('RK018', secrets('hunter2'), secrets('hunter3'));
    expect(place).toMatch(/^the secret "session" of \S+ is not the one of \S+$/);
    expect(await together('RK018', secrets('hunter2'), secrets(undefined))).toHaveLength(1);
    expect(await together('RK018', secrets('hunter2'), secrets('hunter2'))).toEqual([]);
  });

  it('RK019: major versions that differ', async () => {
    const [place] = await together('RK019', { version: '1.9.0' }, { version: '2.0.0' });
    expect(place).toMatch(/ runs version 1\.9\.0, \S+ runs 2\.0\.0$/);
    expect(await together('RK019', { version: '1.9.0' }, { version: '1.10.0' })).toEqual([]);
  });
});
