/**
 * Replays a past through the trading cycle under one or several policies, with the prices of the
 * installation's market data and stores in memory: nothing of the account is read or changed. Streams its
 * progress; what it found is kept for GetReplay. The same request has the same result, so that a run that is
 * repeated after a crash begins anew. Refuses policies that cannot be read by field
 * (`policies[0].document.schedule`), days that the data does not have, and symbols without prices.
 */
import { EventEmitter, on } from 'node:events';
import { gateway } from '#shared/contract/gateway.ts';
import { handle } from '#shared/runtime/handle.ts';
import { openReplayRecords } from '#shared/replay/replay-records.ts';
import { policiesToCompare, windowOf } from '#shared/replay/replay-terms.ts';
import { readPast } from '#shared/replay/read-past.ts';
import type { ReplayProgress } from '#shared/replay/runs-in-turn.ts';

export default handle(gateway.runReplay, async function* (request, context) {
  const { signal, marketData, settings, database } = context;
  const window = windowOf(request.from, request.to, 'to');
  const files = request.policies.map((file, i) => ({ ...file, field: `policies[${i}].document` }));
  const { policies, currency } = policiesToCompare(files, context.baseCurrency, 'policies');
  yield update({ message: `Reads the prices of ${marketData.name}.` });
  const past = await readPast(marketData, currency, signal);
  const records = await openReplayRecords(settings, database);
  const { handlers, runsInTurn, replayPolicies, documentsOf } = await whatReplays();
  const progress = new EventEmitter();
  const updates = on(progress, 'advanced', { close: ['ended'], signal });
  const run = runsInTurn({ past, window, handlers }, signal, (state) =>
    progress.emit('advanced', state),
  );
  const ending = replayPolicies({
    ...{ past, policies, window, run },
    countTrial: (trial) => records.countTrial(trial),
  }).finally(() => progress.emit('ended'));
  // Awaited below, once the updates have ended.
  ending.catch(() => undefined);
  for await (const state of wholePercents(updates as AsyncIterable<[ReplayProgress]>))
    yield update(state);
  const result = documentsOf(await ending, window);
  await records.keep(result);
  yield update({ doneRatio: 1, message: endedMessage(marketData.simulated), complete: true });
});

/** All of it is loaded only where a replay is made. */
async function whatReplays() {
  const [{ replayedHandlers: handlers }, { runsInTurn }, { replayPolicies }, { documentsOf }] =
    await Promise.all([
      import('./replayed-handlers.ts'),
      import('#shared/replay/runs-in-turn.ts'),
      import('#shared/replay/replay-policies.ts'),
      import('#shared/replay/replay-documents.ts'),
    ]);
  return { handlers, runsInTurn, replayPolicies, documentsOf };
}

/** One update a percent. */
async function* wholePercents(updates: AsyncIterable<[ReplayProgress]>) {
  let before = -1;
  for await (const [state] of updates) {
    const percent = Math.floor(state.doneRatio * 100);
    if (percent <= before) continue;
    before = percent;
    yield state;
  }
}

function update(
  state: Partial<ReplayProgress> & { readonly message?: string; readonly complete?: boolean },
) {
  const { policy = '', day = '', doneRatio = 0, message = '', complete = false } = state;
  return { policy, day, progressPct: Math.floor(doneRatio * 100), message, complete };
}

function endedMessage(isSimulated: boolean): string {
  return isSimulated
    ? 'The replay has ended. Its prices were made up: it says nothing about a market.'
    : 'The replay has ended.';
}
