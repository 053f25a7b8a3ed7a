/** Answers the report of the replay that ended last, as text, page or JSON; `found` is false before the first. */
import { gateway } from '#shared/contract/gateway.ts';
import { openReplayRecords } from '#shared/replay/replay-records.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getReplay, async ({ form }, { settings, database }) => {
  const records = await openReplayRecords(settings, database);
  const content = await records.last(form);
  return { found: content !== undefined, content: content ?? '' };
});
