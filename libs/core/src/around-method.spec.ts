import { Controller, Get, Injectable, Scope, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { aroundMethod } from './around-method.js';

@Injectable()
class Journal {
  readonly lines: string[] = [];
}

const Noted = (word: string) =>
  aroundMethod(Journal, 'Journal for @Noted()', async (journal, call) => {
    journal.lines.push(`${word} ${call.name}(${call.args.join()})`);
    return call.proceed();
  });

@Injectable()
class Base {
  @SetMetadata('below', 1)
  @Noted('outer')
  @Noted('inner')
  @SetMetadata('deepest', 2)
  async add(one: number, two: number): Promise<number> {
    return one + two;
  }
}

/** A decorator whose function looks at the first argument fits a method with more of them. */
const Keyed = <Args extends unknown[]>(key: (...args: Args) => string) =>
  aroundMethod<Journal, Args>(Journal, 'Journal for @Keyed()', (journal, call) => {
    journal.lines.push(key(...call.args));
    return call.proceed();
  });

@Injectable()
class Prices {
  @Keyed((plan: string) => `price of ${plan}`)
  async set(plan: string, price: number): Promise<string> {
    return `${plan}: ${price}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Base {}

@Controller('sums')
class Sums {
  @Noted('outer')
  @Get()
  async sum() {
    return 3;
  }
}

async function app() {
  const module = await Test.createTestingModule({
    providers: [Journal, Base, Prices, PerRequest],
    controllers: [Sums],
  }).compile();
  return { module, journal: module.get(Journal) };
}

describe('aroundMethod', () => {
  it('wraps in the written order and hands arguments and results through', async () => {
    const { module, journal } = await app();
    expect(await module.get(Base).add(1, 2)).toBe(3);
    expect(journal.lines).toEqual(['outer Base.add(1,2)', 'inner Base.add(1,2)']);
  });

  it('hands all arguments on where the decorator looks at the first of them', async () => {
    const { module, journal } = await app();
    expect(await module.get(Prices).set('basic', 9)).toBe('basic: 9');
    expect(journal.lines).toEqual(['price of basic']);
  });

  it('works on request-scoped subclasses', async () => {
    const { module, journal } = await app();
    expect(await (await module.resolve(PerRequest)).add(2, 2)).toBe(4);
    expect(journal.lines[0]).toBe('outer PerRequest.add(2,2)');
  });

  it('never lets two apps in one process meet', async () => {
    const [one, other] = [await app(), await app()];
    await one.module.get(Base).add(1, 1);
    expect([one.journal.lines.length, other.journal.lines.length]).toEqual([2, 0]);
  });

  it('keeps name, length and the metadata of decorators above and below', () => {
    const { add } = Base.prototype;
    expect([add.name, add.length]).toEqual(['add', 2]);
    expect([new Reflector().get('below', add), new Reflector().get('deepest', add)]).toEqual([1, 2]);
    expect(Reflect.getMetadata('path', Sums.prototype.sum)).toBe('/');
  });

  it('stops the boot when the service is missing, naming class and decorator', async () => {
    const boot = Test.createTestingModule({ providers: [Base] }).compile();
    await expect(boot).rejects.toThrow(/Base.*Journal for @Noted\(\)/s);
  });

  it('refuses to run unwrapped on an object made without Nest', async () => {
    await expect(new Base().add(1, 2)).rejects.toThrow('Base.add needs the Journal for @Noted()');
  });
});
