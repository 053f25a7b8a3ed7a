/** No row of published values is answered once a key or a word is added that nobody knows. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { adapters } from '../../scripts/anchors/row-adapters.ts';
import { anchorFiles } from '../../scripts/anchors/files.ts';
import { evaluate } from '../../scripts/anchors/evaluate.ts';
import type { Adapter, AnchorRow } from '../../scripts/anchors/rows/anchor-row.ts';
import { isFileName } from '../../scripts/anchors/rows/text-values.ts';

const FOLDER = '../shared/anchors';
const folder = resolve(FOLDER);
const missing = `${FOLDER} is not there, so foreign words are not tried on its rows`;
/** Rows of a category that are tried, spread over it, and the largest of them in characters. */
const ROWS = 4;
const LENGTH_MAX = 20_000;

function rowsOf(category: string): readonly AnchorRow[] {
  const file = `${folder}/expected/${category}.json`;
  const all = (JSON.parse(readFileSync(file, 'utf8')) as AnchorRow[]).filter(
    (row) => JSON.stringify(row).length < LENGTH_MAX,
  );
  return all.filter((_, i) => i % Math.ceil(all.length / ROWS) === 0);
}

/** The row with one foreign word, in each place where a word can stand. */
function* foreign(row: AnchorRow): Generator<AnchorRow> {
  yield { ...row, operation: `${row.operation} with jumps` };
  yield { ...row, parameters: { ...row.parameters, shrink_speed: 0.5 } };
  yield { ...row, parameters: { ...row.parameters, regime: 'bull' } };
  yield { ...row, inputs: { ...row.inputs, exposures: [1, 2, 3] } };
  for (const part of ['parameters', 'inputs'] as const)
    for (const [key, value] of Object.entries(row[part]))
      if (typeof value === 'string' && !isFileName(value) && key !== 'note')
        for (const text of [`${value}, robustly`, `robust, ${value}`])
          yield { ...row, [part]: { ...row[part], [key]: text } };
}

if (!existsSync(folder)) {
  process.stdout.write(`${missing}\n`);
  it.skip(`answers no row with a foreign word (${missing})`, () => undefined);
} else
  describe('a foreign word', () => {
    const files = anchorFiles(folder);
    // Replays take their time; replay-rows.test.ts tries foreign words on them.
    const quick = adapters.filter(({ category }) => category !== 'replay');
    it.each(quick.map((adapter): [string, Adapter] => [adapter.category, adapter]))(
      'makes rows of %s not supported',
      (category, adapter) => {
        const answered = rowsOf(category).flatMap((row) =>
          [...foreign(row)]
            .map((one) => ({ one, ...evaluate(one, adapter, files) }))
            .filter(({ verdict }) => verdict !== 'not supported')
            .map(({ one, verdict }) => [verdict, one.operation, one.parameters]),
        );
        expect(answered).toEqual([]);
      },
    );
  });
