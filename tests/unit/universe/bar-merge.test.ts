import { parseIsin } from '#shared/kernel/isin.ts';
import type { BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import {
  extendBars,
  pastHasChanged,
  replaceBars,
  type StoredBars,
} from '#shared/universe/model/bar-merge.ts';
import { lengthOf } from '#shared/universe/model/price-series.ts';

const ISIN = parseIsin('DE0FIX000016');

function bar(day: number, close: number): BarToCheck {
  const prices = { open: close, high: close, low: close, close, adjustedClose: close };
  return { day, ...prices, volume: Number.NaN };
}

function stored(...bars: BarToCheck[]): StoredBars {
  const none = new Float64Array(0);
  const columns = { open: none, high: none, low: none, close: none };
  const empty = {
    series: { isin: ISIN, days: new Int32Array(0), ...columns, adjustedClose: none, volume: none },
    setAside: [],
  };
  return replaceBars(empty, bars);
}

const closes = ({ series }: StoredBars): number[] => Array.from(series.close);

describe('merging fetched bars into the stored ones', () => {
  test('adds new bars and counts them', () => {
    const next = extendBars(stored(bar(1, 10), bar(2, 11)), [bar(2, 11), bar(3, 12)]);
    expect(next && closes(next)).toEqual([10, 11, 12]);
    expect(next?.changed).toBe(1);
  });

  test('changes nothing the second time', () => {
    const before = stored(bar(1, 10), bar(2, 11));
    const next = extendBars(before, [bar(2, 11)]);
    expect(next?.series).toEqual(before.series);
    expect([next?.changed, next?.newlySetAside]).toEqual([0, 0]);
  });

  test('defers a doubtful bar to a check of the whole history', () => {
    expect(extendBars(stored(bar(1, 10)), [bar(1, 10), bar(2, 9999)])).toBeUndefined();
    expect(extendBars(stored(bar(1, 10)), [bar(1, 10), bar(2, 0)])).toBeUndefined();
  });

  test('counts a bar set aside once, however often it is fetched', () => {
    const first = replaceBars(stored(bar(1, 10)), [bar(1, 10), bar(2, 9999)]);
    expect([first.changed, first.newlySetAside]).toEqual([0, 1]);
    const second = replaceBars(first, [bar(1, 10), bar(2, 9999)]);
    expect(second.newlySetAside).toBe(0);
    expect(second.setAside).toEqual(first.setAside);
  });

  test('accepts a bar that was set aside when the source has corrected it', () => {
    const first = replaceBars(stored(bar(1, 10)), [bar(1, 10), bar(2, 9999)]);
    const mended = extendBars(first, [bar(1, 10), bar(2, 11)]);
    expect(mended && closes(mended)).toEqual([10, 11]);
    expect(mended?.setAside).toEqual([]);
  });

  test('detects a revised history by the last stored bar', () => {
    const { series } = stored(bar(1, 10), bar(2, 11));
    expect(pastHasChanged(series, [bar(2, 11), bar(3, 12)])).toBe(false);
    expect(pastHasChanged(series, [bar(2, 10.5), bar(3, 12)])).toBe(true);
    expect(pastHasChanged(series, [bar(3, 12)])).toBe(false);
  });

  test('replaces a whole history', () => {
    const next = replaceBars(stored(bar(1, 10), bar(2, 11)), [bar(1, 5), bar(2, 5.5)]);
    expect(closes(next)).toEqual([5, 5.5]);
    expect(next.changed).toBe(2);
    expect(lengthOf(next.series)).toBe(2);
  });
});
