/**
 * Answers who called whom (docs/operate/dependencies.md): each pair of operations and parts of the system
 * that was counted in the present clock hour and those before it, with rate, errors and latency. `declared`
 * is false for a call that shared/contract/declared-calls.ts does not have.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { dependencyMessages, recordedCalls } from '#shared/gateway/observe/recorded-calls.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';

const HOURS_DEFAULT = 1;

export default handle(gateway.getDependencies, async ({ hours }, context) => {
  const recorded = await recordedCalls(context, hours || HOURS_DEFAULT);
  const { since } = recorded;
  return {
    since: toTimestamp(since),
    dependencies: dependencyMessages(recorded, context.now()),
  };
});
