/** A notice that a service adds itself; the job sends it with the others. */
import { channelsFor } from '#shared/process/notice-kinds.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { noticeChannels } from './channels.ts';
import { titleOf, type Found } from './notice.ts';
import { NoticeStore } from './notice-store.ts';

/** Does nothing where no channel is configured. */
export async function addNotice(
  {
    settings,
    database,
    broker,
    now,
  }: Pick<Dependencies, 'settings' | 'database' | 'broker' | 'now'>,
  { headline, ...found }: Found,
): Promise<void> {
  const configured = noticeChannels(settings).map(({ name }) => name);
  const channels = channelsFor(found.kind, configured, settings.noticeRoutes);
  const title = titleOf(broker.simulated || settings.liveTrading === 'off', headline);
  await new NoticeStore(database).append({ notice: { ...found, title }, channels }, now());
}
