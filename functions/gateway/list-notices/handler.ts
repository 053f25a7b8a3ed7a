/** Lists the channels of notices that are configured, and what could not be sent yet or at all. */
import { gateway } from '#shared/contract/gateway.ts';
import { noticeChannels } from '#shared/gateway/notices/channels.ts';
import { NoticeStore, type Delivery } from '#shared/gateway/notices/notice-store.ts';
import { instantOf, toTimestamp } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.listNotices, async (_request, { settings, database }) => {
  const store = new NoticeStore(database);
  const [waiting, dead] = await Promise.all([store.waiting(), store.dead()]);
  const channels = noticeChannels(settings).map(({ name }) => name);
  return { channels, waiting: waiting.map(message), givenUp: dead.map(message) };
});

function message({ notice, channel, foundMs, nextMs, attempts, lastError }: Delivery) {
  const { kind, title } = notice;
  const foundAt = toTimestamp(instantOf(foundMs));
  return {
    kind,
    channel,
    title,
    foundAt,
    nextAt: toTimestamp(instantOf(nextMs)),
    attempts,
    lastError,
  };
}
