import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessPace } from '#shared/clients/broker/call-pace.ts';

const HOUR_MS = 3_600_000;

async function outcomeOf(pace: ProcessPace): Promise<'went out' | 'waits'> {
  const aborting = new AbortController();
  const turn = pace.turn(aborting.signal).then(
    () => 'went out' as const,
    () => 'waits' as const,
  );
  // One that need not wait has its turn before.
  setImmediate(() => aborting.abort());
  return turn;
}

describe('the pace of calls of one process', () => {
  it('lets one call out, and the next one wait', async () => {
    const pace = new ProcessPace(HOUR_MS);
    expect([await outcomeOf(pace), await outcomeOf(pace)]).toEqual(['went out', 'waits']);
  });

  it('lets as many out as may go at once, and the next one wait', async () => {
    const pace = new ProcessPace(HOUR_MS, 3);
    const outcomes = [];
    for (let count = 0; count < 4; count += 1) outcomes.push(await outcomeOf(pace));
    expect(outcomes).toEqual(['went out', 'went out', 'went out', 'waits']);
  });

  it('lets nobody wait for the turns of those that gave up', async () => {
    const pace = new ProcessPace(200);
    const first = [await outcomeOf(pace), await outcomeOf(pace)];
    expect(first).toEqual(['went out', 'waits']);
    for (let count = 0; count < 50; count += 1) await outcomeOf(pace);
    // Both are timers of this process: the one that ends earlier is served earlier, however busy the machine is.
    const turn = pace.turn(new AbortController().signal).then(() => 'went out');
    expect(await Promise.race([turn, sleep(5_000, 'waits', { ref: false })])).toBe('went out');
  });
});
