import { ConfigurableModuleBuilder } from '@nestjs/common';

/**
 * The one way a Rookery module is made: `forRoot`/`forRootAsync`, global unless `isGlobal: false`.
 *
 * @example
 * export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = defineModule<LockModuleOptions>('Lock');
 */
export function defineModule<Options>(moduleName: string) {
  return new ConfigurableModuleBuilder<Options>({ moduleName })
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
}
