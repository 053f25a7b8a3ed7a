import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  categoriesOf,
  count,
  type Category,
  evaluatedCategories,
  linesOf,
} from '../../scripts/anchors/evaluate-folder.ts';

const FOLDER = '../shared/anchors';
const folder = resolve(FOLDER);
const missing = `${FOLDER} is not there, so published values are not compared`;

if (!existsSync(folder)) {
  process.stdout.write(`${missing}\n`);
  // What cannot be compared here must not look as if it had been.
  it.skip(`agrees with published values (${missing})`, () => undefined);
} else
  // Rows of replays have a test of their own: replay-rows.test.ts.
  describe('published values', () => {
    it.each(categoriesOf(folder).filter((name) => name !== 'replay'))(
      'no row of %s is off by more than its tolerance',
      async (name) => {
        const evaluated = await evaluatedCategories(folder, [name]).next();
        if (evaluated.done) throw new Error(`${name} was not evaluated`);
        const category: Category = evaluated.value;
        const unsupported = count(category.rows, 'not supported');
        if (unsupported > 0) process.stdout.write(`${linesOf(category).join('\n')}\n`);
        // Rows for every word of which there is an answer, or a reason why there is none.
        if (name.endsWith('(added)'))
          expect([unsupported, linesOf(category)]).toEqual([0, [expect.anything()]]);
        const failed = category.rows.filter(({ verdict }) => verdict === 'failed');
        expect(failed.map((row) => `${row.name}: ${row.reason}`)).toEqual([]);
        expect(category.rows.length).toBeGreaterThan(0);
      },
    );
  });
