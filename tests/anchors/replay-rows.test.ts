/** Short rows of replays, each through the handlers of production; `npm run anchors` carries out all of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adapters } from '../../scripts/anchors/row-adapters.ts';
import { anchorFiles } from '../../scripts/anchors/files.ts';
import { evaluateLater } from '../../scripts/anchors/evaluate.ts';
import type { AnchorRow } from '../../scripts/anchors/rows/anchor-row.ts';

const FOLDER = '../shared/anchors';
const file = join(resolve(FOLDER), 'expected', 'replay.json');
const missing = `${FOLDER} has no expected/replay.json, so replays are not compared`;
const SHORT =
  /^replay\/(hold\/|hold-whole|equal-quarterly\/px20|equal-monthly[a-z-]*\/ffn3|band-5-25-whole-fees-deposits\/ffn3)/;

if (!existsSync(file)) {
  process.stdout.write(`${missing}\n`);
  it.skip(`agrees with replays of others (${missing})`, () => undefined);
} else {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as AnchorRow[];
  const adapter = adapters.find(({ category }) => category === 'replay');
  const files = anchorFiles(resolve(FOLDER));
  const short = rows.filter((row) => SHORT.test(row.case));

  describe('a replay', () => {
    it.each(short.map((row) => [row.case, row] as const))('agrees with %s', async (_name, row) => {
      const { verdict, reason } = await evaluateLater(row, adapter, files);
      expect([verdict, reason]).toEqual(['passed', '']);
    });

    it.each([
      ['conventions', 'a deposit due is added', 'a withdrawal due is taken', 'withdrawal'],
      ['schedule', 'first day only', 'last day only', 'last'],
      ['weights', '1/n each', '1/n each, hedged', 'hedged'],
    ])('does not answer a row whose %s say "%s" otherwise', async (key, before, after, named) => {
      const row = short[0];
      if (!row) throw new Error('there is a short row');
      const parameters = {
        ...row.parameters,
        [key]: String(row.parameters[key]).replace(before, after),
      };
      const { verdict, reason } = await evaluateLater({ ...row, parameters }, adapter, files);
      expect([verdict, reason]).toEqual(['not supported', expect.stringContaining(named)]);
    });
  });
}
