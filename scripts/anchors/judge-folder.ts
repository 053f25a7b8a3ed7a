/** Every category of a folder of anchors, judged, and what is said of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { adapters } from './adapters.ts';
import { anchorFiles } from './files.ts';
import { judge, type Judged } from './judge.ts';
import type { AnchorRow } from './row.ts';
import { judgeInstances } from './trade-planning.ts';

export interface Category {
  readonly name: string;
  readonly rows: readonly Judged[];
}

/** The categories of `expected/*.json`, and `trade_planning` where its instances are there. */
export function categoriesOf(folder: string): readonly string[] {
  const expected = join(folder, 'expected');
  const names = existsSync(expected)
    ? readdirSync(expected)
        .filter((name) => name.endsWith('.json'))
        .map((name) => basename(name, '.json'))
        .sort()
    : [];
  return existsSync(instancesOf(folder)) ? [...names, PLANNING] : names;
}

const PLANNING = 'trade_planning';

function instancesOf(folder: string): string {
  return join(folder, PLANNING, 'instances.json');
}

/** Each category in turn, so that what is known can be said before the next is computed. */
export function* judgedCategories(
  folder: string,
  names = categoriesOf(folder),
): Generator<Category> {
  const files = anchorFiles(folder);
  for (const name of names) {
    if (name === PLANNING) {
      yield { name, rows: judgeInstances(readFileSync(instancesOf(folder), 'utf8')) };
      continue;
    }
    const text = readFileSync(join(folder, 'expected', `${name}.json`), 'utf8');
    const adapter = adapters.find(({ category }) => category === name);
    const rows = (JSON.parse(text) as AnchorRow[]).map((row) => judge(row, adapter, files));
    yield { name, rows };
  }
}

export function count(rows: readonly Judged[], verdict: Judged['verdict']): number {
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
