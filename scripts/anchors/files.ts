/** The data files of a folder of anchors. Rows name them from the folder that contains `public/`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { AnchorFiles } from './rows/anchor-row.ts';

/** A row names a file that is not there. */
export class MissingFile extends Error {
  override readonly name = 'MissingFile';
}

export function anchorFiles(folder: string): AnchorFiles {
  const texts = new Map<string, string>();
  const tables = new Map<string, readonly (readonly string[])[]>();
  const text = (name: string): string => {
    const known = texts.get(name) ?? textAt(placeOf(folder, name));
    texts.set(name, known);
    return known;
  };
  const table = (name: string): readonly (readonly string[])[] => {
    const known =
      tables.get(name) ??
      (parse(text(name), { bom: true, relax_column_count: true }) as string[][]);
    tables.set(name, known);
    return known;
  };
  return { text, table };
}

function textAt(place: string): string {
  if (!existsSync(place)) throw new MissingFile(`There is no file ${place}.`);
  return readFileSync(place, 'utf8');
}

/** `public/` may be the folder's own name, a folder in it, or left out. */
function placeOf(folder: string, name: string): string {
  const places = [
    join(folder, name.replace(/^public\//, '')),
    join(folder, name),
    join(folder, '..', name),
  ];
  return places.find((place) => existsSync(place)) ?? places[0] ?? name;
}
