/** Which file of tests holds which row of the sheet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './conformance-row.ts';

/** Texts of test files, by path. */
export type TestFiles = Readonly<Record<string, string>>;

const FOLDER = 'tests/conformance';

export function readTests(): TestFiles {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'));
  return Object.fromEntries(
    names.sort().map((name) => [join(FOLDER, name), readFileSync(join(FOLDER, name), 'utf8')]),
  );
}

/**
 * @returns the file of each row, by number
 * @throws Error naming every row that has no test or two, and every test of no row
 */
export function testsOf(rows: readonly Row[], files: TestFiles): ReadonlyMap<number, string> {
  const found = Object.entries(files).flatMap(([file, text]) =>
    [...text.matchAll(/\brow(?:ForEach)?\(\s*(\d+)\s*,/g)].map(([, number]) => ({
      number: Number(number),
      file,
    })),
  );
  const complaints = rows.flatMap(({ number }) => {
    const own = found.filter((one) => one.number === number);
    if (own.length === 1) return [];
    const where =
      own.length === 0 ? 'no test' : `tests in ${own.map((one) => one.file).join(', ')}`;
    return [`row ${number} has ${where}`];
  });
  const unknownTests = found.filter(({ number }) => !rows.some((row) => row.number === number));
  complaints.push(
    ...unknownTests.map(({ number, file }) => `${file}: the sheet has no row ${number}`),
  );
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return new Map(found.map(({ number, file }) => [number, file]));
}
