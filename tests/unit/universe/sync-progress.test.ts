import { parseIsin } from '#shared/kernel/isin.ts';
import {
  afterOne,
  percentDone,
  startOfSync,
  syncSummaryOf,
} from '#shared/universe/model/sync-progress.ts';

const problem = { isin: parseIsin('DE0FIX000016'), symbol: 'NORD', reason: 'no prices' };

describe('the progress of a sync', () => {
  test('counts what was synced and what failed, and names the failing', () => {
    let progress = startOfSync(3);
    expect(percentDone(progress)).toBe(0);
    progress = afterOne(progress, { barsStored: 5, barsSetAside: 1 });
    expect(percentDone(progress)).toBe(33);
    progress = afterOne(progress, problem);
    progress = afterOne(progress, { barsStored: 2, barsSetAside: 0 });
    expect(progress).toEqual({
      total: 3,
      synced: 2,
      failed: 1,
      problems: [problem],
      barsStored: 7,
      barsSetAside: 1,
    });
    expect(percentDone(progress)).toBe(100);
    expect(syncSummaryOf(progress)).toBe('1 of 3 failed; there are problems with NORD.');
  });

  test('is done at once with nothing to do', () => {
    expect(percentDone(startOfSync(0))).toBe(100);
    expect(syncSummaryOf(startOfSync(0))).toBe('');
  });

  test('reports a missing rate without counting it as a security', () => {
    const start = startOfSync(1, [{ isin: '', symbol: 'USD-EUR', reason: 'no rates' }]);
    const progress = afterOne(start, { barsStored: 1, barsSetAside: 0 });
    expect(progress.failed).toBe(0);
    expect(syncSummaryOf(progress)).toBe('There are problems with USD-EUR.');
  });
});
