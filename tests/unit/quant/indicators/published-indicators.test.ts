/** Numbers of TulipCharts' tests (commit be18abb): Achelis' book and the library's own answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorFiles } from '../../../../scripts/anchors/files.ts';
import { evaluate } from '../../../../scripts/anchors/evaluate.ts';
import type { AnchorRow } from '../../../../scripts/anchors/rows/anchor-row.ts';
import { technicalIndicators } from '../../../../scripts/anchors/indicators/technical-indicators.ts';

const fixture = join(__dirname, '../../../fixtures/indicators/achelis.json');
const { rows } = JSON.parse(readFileSync(fixture, 'utf8')) as { rows: readonly AnchorRow[] };

describe('published indicators', () => {
  it.each(rows.map((row) => [row.case, row] as const))('%s has the published digits', (_, row) => {
    const { verdict, reason } = evaluate(row, technicalIndicators, anchorFiles(__dirname));
    expect([verdict, reason]).toEqual(['passed', '']);
  });
});
