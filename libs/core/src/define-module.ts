import { ConfigurableModuleBuilder } from '@nestjs/common';

/** Grows as packages are loaded, which happens once per process whatever apps it runs. */
const loaded = new Set<string>();

/**
 * The one way a Rookery module is made: `forRoot`/`forRootAsync`, global unless `isGlobal: false`.
 *
 * @example
 * export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = defineModule<LockModuleOptions>('Lock');
 */
export function defineModule<Options>(moduleName: string) {
  loaded.add(moduleName);
  return new ConfigurableModuleBuilder<Options>({ moduleName })
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
}

/** Whether the package that defines this module has been imported: what an app imports, it uses. */
export function isModuleLoaded(moduleName: string): boolean {
  return loaded.has(moduleName);
}
