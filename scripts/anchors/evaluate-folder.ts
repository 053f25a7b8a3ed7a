/** Every category of a folder of anchors, evaluated, and what is said of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { adapters } from './row-adapters.ts';
import { anchorFiles } from './files.ts';
import { evaluateLater, type Evaluated } from './evaluate.ts';
import type { AnchorFiles, AnchorRow } from './rows/anchor-row.ts';
import { evaluateInstances } from './trade-planning.ts';

export interface Category {
  /** `weights`, or `weights (added)` for rows of `expected-added`. */
  readonly name: string;
  readonly rows: readonly Evaluated[];
}

/**
 * The categories of `expected/*.json` and of `expected-added/*.json`, and `trade_planning` where its
 * instances are there.
 * @internal exported for its tests
 */
export function categoriesOf(folder: string): readonly string[] {
  const names = [
    ...filesIn(join(folder, 'expected')),
    ...filesIn(join(folder, 'expected-added')).map((name) => `${name}${ADDED}`),
  ];
  return existsSync(instancesOf(folder)) ? [...names, PLANNING] : names;
}

const PLANNING = 'trade_planning';
const ADDED = ' (added)';

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => basename(name, '.json')).sort();
}

function instancesOf(folder: string): string {
  return join(folder, PLANNING, 'instances.json');
}

/** Each category in turn, so that what is known can be said before the next is computed. */
export async function* evaluatedCategories(
  folder: string,
  names = categoriesOf(folder),
): AsyncGenerator<Category> {
  const files = anchorFiles(folder);
  for (const name of names) {
    if (name === PLANNING) {
      yield { name, rows: evaluateInstances(readFileSync(instancesOf(folder), 'utf8')) };
      continue;
    }
    yield { name, rows: await evaluateRows(folder, name, files) };
  }
}

async function evaluateRows(
  folder: string,
  name: string,
  files: AnchorFiles,
): Promise<readonly Evaluated[]> {
  const category = name.replace(ADDED, '');
  const adapter = adapters.find((one) => one.category === category);
  const rows = rowsOf(folder, name);
  const evaluated: Evaluated[] = [];
  for (const row of rows) evaluated.push(await evaluateLater(row, adapter, files));
  const twins = new Map(evaluated.map((one) => [one.name, one]));
  const twinOf = async (caseName: string): Promise<Evaluated | undefined> => {
    const known = twins.get(caseName);
    if (known) return known;
    const row = rowsOf(folder, category).find((one) => one.case === caseName);
    return row && evaluateLater(row, adapter, files);
  };
  return Promise.all(evaluated.map((one) => withCounterpart(one, twinOf)));
}

/** That a row is not answered shows something only where the row without its word is. */
async function withCounterpart(
  one: Evaluated,
  twinOf: (name: string) => Promise<Evaluated | undefined>,
): Promise<Evaluated> {
  if (one.twin === undefined || one.verdict !== 'passed') return one;
  if ((await twinOf(one.twin))?.verdict === 'passed') return one;
  return { ...one, verdict: 'not supported', reason: `its twin ${one.twin} does not pass` };
}

function rowsOf(folder: string, name: string): readonly AnchorRow[] {
  const place = name.endsWith(ADDED) ? 'expected-added' : 'expected';
  const file = join(folder, place, `${name.replace(ADDED, '')}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AnchorRow[]) : [];
}

export function count(rows: readonly Evaluated[], verdict: Evaluated['verdict']): number {
  return rows.filter((row) => row.verdict === verdict).length;
}

/** Counts, how close to the last digit the rows are that passed, and those that did not. */
export function linesOf({ name, rows }: Category): readonly string[] {
  const counts = (['passed', 'failed', 'not supported'] as const).map(
    (verdict) => `${count(rows, verdict)} ${verdict}`,
  );
  const passed = rows.filter(({ verdict }) => verdict === 'passed').map(({ worst }) => worst);
  const worst = Math.max(0, ...passed).toExponential(1);
  return [
    `${name.padEnd(28)} ${counts.join(', ')}; worst difference ${worst}`,
    ...rows
      .filter(({ verdict }) => verdict !== 'passed')
      .map((row) => `  ${row.verdict}: ${row.name}: ${row.reason}`),
  ];
}
