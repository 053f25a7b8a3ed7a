import type { SettingRow } from '#shared/process/settings/setting-row.ts';
import { settingTable } from '#shared/process/settings.ts';
import { generatedFrom, table } from './markdown.ts';

const INTRODUCTION = `
Settings come from the environment. All complaints about them are named at once, and the program does
not start. A fraction is a number from 0 to 1; amounts are in the base currency.`;

export function settingsPage(): string {
  const settings: readonly SettingRow<unknown>[] = Object.values(settingTable);
  const rows = settings.map((setting) => [
    `\`${setting.env}\``,
    setting.default === null ? '' : `\`${setting.default}\``,
    setting.says,
  ]);
  return [
    generatedFrom('shared/process/settings.ts'),
    '# Settings',
    INTRODUCTION,
    table(['name', 'default', 'says'], rows),
  ].join('\n\n');
}
