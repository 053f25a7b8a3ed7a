/**
 * `npm run anchors -- <folder>`: computes every row of `expected/*.json` and every instance of
 * `trade_planning/instances.json` in the folder with the project's own functions, and compares.
 * Exit code 1 when a row failed, 2 when there is nothing to read.
 */
import { existsSync } from 'node:fs';
import { count, evaluatedCategories, linesOf } from './anchors/evaluate-folder.ts';
import type { Evaluated } from './anchors/evaluate.ts';

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined || !existsSync(folder)) {
    console.error(
      `usage: npm run anchors -- <folder>${folder === undefined ? '' : `; there is no ${folder}`}`,
    );
    return 2;
  }
  const all: Evaluated[] = [];
  for await (const category of evaluatedCategories(folder)) {
    for (const line of linesOf(category)) console.log(line);
    all.push(...category.rows);
  }
  if (all.length === 0)
    console.error(`no expected/*.json and no trade_planning/instances.json in ${folder}`);
  const [passed, failed] = [count(all, 'passed'), count(all, 'failed')];
  const notSupported = count(all, 'not supported');
  console.log(JSON.stringify({ rows: all.length, passed, failed, notSupported }));
  if (all.length === 0) return 2;
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv[2]);
