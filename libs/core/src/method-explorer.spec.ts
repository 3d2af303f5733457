import { Controller, Injectable, Scope, SetMetadata } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { MethodExplorer } from './method-explorer.js';

const Marked = (name: string) => SetMetadata('marked', name);

@Injectable()
class Parent {
  @Marked('inherited')
  work() {}
}
@Injectable()
class Child extends Parent {
  get danger(): never {
    throw new Error('a getter must not be run');
  }
}
@Injectable({ scope: Scope.REQUEST })
class Scoped {
  @Marked('scoped')
  work() {}
}
@Controller()
class Page {
  @Marked('page')
  work() {}
}
@Marked('class')
@Injectable()
class Whole {}

it('finds marked methods and classes of providers and controllers, once each', async () => {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [
      MethodExplorer,
      Child,
      Scoped,
      Whole,
      { provide: 'ALIAS', useExisting: Child },
      { provide: 'VALUE', useValue: null },
    ],
    controllers: [Page],
  }).compile();
  await module.init();
  const explorer = module.get(MethodExplorer);
  const found = explorer
    .methods<string>('marked')
    .map(({ label, metadata, isSingleton }) => [label, metadata, isSingleton]);
  expect(found).toEqual([
    ['Child.work', 'inherited', true],
    ['Scoped.work', 'scoped', false],
    ['Page.work', 'page', true],
  ]);
  expect(
    explorer.classes<string>('marked').map(({ metatype, instance }) => [metatype, instance instanceof Whole]),
  ).toEqual([[Whole, true]]);
});
