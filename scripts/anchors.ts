/**
 * `npm run anchors -- <folder>`: computes every row of `expected/*.json` and every instance of
 * `trade_planning/instances.json` in the folder with the project's own functions, and compares.
 * Exit code 1 when a row failed, 2 when there is nothing to read.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { adapters } from './anchors/adapters.ts';
import { anchorFiles } from './anchors/files.ts';
import { judge, type Judged } from './anchors/judge.ts';
import type { AnchorRow } from './anchors/row.ts';
import { judgeInstances } from './anchors/trade-planning.ts';

interface Category {
  readonly name: string;
  readonly rows: readonly Judged[];
}

function categoriesOf(folder: string): readonly Category[] {
  const files = anchorFiles(folder);
  const expected = join(folder, 'expected');
  const names = existsSync(expected)
    ? readdirSync(expected)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];
  const categories = names.map((file) => {
    const name = basename(file, '.json');
    const rows = JSON.parse(readFileSync(join(expected, file), 'utf8')) as AnchorRow[];
    const adapter = adapters.find(({ category }) => category === name);
    return { name, rows: rows.map((row) => judge(row, adapter, files)) };
  });
  const instances = join(folder, 'trade_planning', 'instances.json');
  if (!existsSync(instances)) return categories;
  return [
    ...categories,
    { name: 'trade_planning', rows: judgeInstances(readFileSync(instances, 'utf8')) },
  ];
}

function count(rows: readonly Judged[], verdict: Judged['verdict']): number {
  return rows.filter((row) => row.verdict === verdict).length;
}

/** Of the rows that passed; how close to the last digit a category is. */
function worstPassed(rows: readonly Judged[]): number {
  return Math.max(
    0,
    ...rows.filter(({ verdict }) => verdict === 'passed').map(({ worst }) => worst),
  );
}

function summaryOf(categories: readonly Category[]) {
  const rows = categories.flatMap((category) => category.rows);
  return {
    rows: rows.length,
    passed: count(rows, 'passed'),
    failed: count(rows, 'failed'),
    notSupported: count(rows, 'not supported'),
  };
}

function main(folder: string | undefined): number {
  if (folder === undefined || !existsSync(folder)) {
    console.error(
      `usage: npm run anchors -- <folder>${folder === undefined ? '' : `; there is no ${folder}`}`,
    );
    return 2;
  }
  const categories = categoriesOf(folder);
  for (const { name, rows } of categories) {
    const counts = (['passed', 'failed', 'not supported'] as const).map(
      (verdict) => `${count(rows, verdict)} ${verdict}`,
    );
    console.log(
      `${name.padEnd(28)} ${counts.join(', ')}; worst difference ${worstPassed(rows).toExponential(1)}`,
    );
    for (const row of rows)
      if (row.verdict !== 'passed') console.log(`  ${row.verdict}: ${row.name}: ${row.reason}`);
  }
  const summary = summaryOf(categories);
  if (summary.rows === 0)
    console.error(`no expected/*.json and no trade_planning/instances.json in ${folder}`);
  console.log(JSON.stringify(summary));
  if (summary.rows === 0) return 2;
  return summary.failed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv[2]);
