/** The settings of the log. */
import { oneOf, row, type SettingRow } from '../settings/setting-row.ts';
import { levels, logModules, moduleLevels } from './log-rules.ts';

export const logRows = {
  logLevel: row('LOG_LEVEL', 'info', '`debug`, `info`, `warn` or `error`', oneOf(...levels)),
  logLevels: row(
    'LOG_LEVELS',
    'none',
    `levels of single modules in place of LOG_LEVEL, such as \`connector=debug,facade=warn\`; modules are ${logModules.join(', ')}`,
    moduleLevels,
  ),
  logMoney: row(
    'LOG_MONEY',
    'off',
    '`on` or `off`: whether the log contains amounts of money, prices and quantities; off writes `[amount]` in their place',
    oneOf('on', 'off'),
  ),
} as const satisfies Record<string, SettingRow<unknown>>;
