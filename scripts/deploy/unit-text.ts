/** A systemd unit as systemd reads it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where systemd looks, the most important first. */
const FOLDERS = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((folder) =>
  join(folder, 'systemd/system'),
);

/**
 * The unit's file, followed by what `systemctl edit` and others added to it (`NAME.d/*.conf`) by their names; of two
 * of the same name the more important counts.
 * @param name e.g. `faasd-provider.service`
 * @returns undefined where there is no such unit
 */
export function unitText(name: string, folders: readonly string[] = FOLDERS): string | undefined {
  const file = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const additions = new Map<string, string>();
  for (const folder of folders.map((one) => join(one, `${name}.d`)))
    for (const one of existsSync(folder) ? readdirSync(folder) : [])
      if (one.endsWith('.conf') && !additions.has(one)) additions.set(one, join(folder, one));
  const inOrder = [...additions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [file, ...inOrder].map((path) => readFileSync(path, 'utf8')).join('\n');
}
