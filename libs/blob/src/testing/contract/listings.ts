import { expect, it } from 'vitest';
import { freshName, type ContractSubject } from './fixture.js';

/** What is in a container. */
export function listings({ store }: ContractSubject): void {
  it('lists page by page, in the order of the bytes of the names', async () => {
    const base = freshName('');
    const endings = ['b/2', 'a', 'Z', 'b/1', 'é', 'z', '日', 'b', '😀', 'b-', '~', 'b%', 'b_x', 'L'.repeat(200)];
    for (const ending of endings) await store().put(`${base}/${ending}`, ending);
    await store().put(`${base}x`, 'not below');
    const expected = endings
      .map((ending) => `${base}/${ending}`)
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const found: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await store().list({ prefix: `${base}/`, limit: 3, cursor });
      expect(page.entries.length).toBeLessThanOrEqual(3);
      found.push(...page.entries.map(({ name }) => name));
      if ((cursor = page.cursor) === undefined) break;
    }
    expect(found).toEqual(expected);
    const some: string[] = [];
    for await (const { name } of store().listAll({ prefix: `${base}/b`, limit: 2 })) some.push(name);
    expect(some).toEqual(expected.filter((name) => name.startsWith(`${base}/b`)));
  });

  it('tells size, version and time of each', async () => {
    const name = freshName();
    const info = await store().put(name, '12345');
    const { entries, cursor } = await store().list({ prefix: name });
    expect(cursor).toBeUndefined();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ name, etag: info.etag });
    expect(Math.abs(entries[0].createdAt.getTime() - info.createdAt.getTime())).toBeLessThan(1_001);
    expect((await store().list({ prefix: `${name}-none` })).entries).toEqual([]);
  });
}
