/** Finds what is new for the owner and puts it into the outbox of the channels that get it. */
import { channelsFor } from '#shared/process/notice-kinds.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { conditionsAfter } from '../model/conditions.ts';
import { firing, unreadAlerts } from '../observe/firing-alerts.ts';
import { stateMetrics } from '../observe/state-metrics.ts';
import { loadOverview } from '../overview/load-overview.ts';
import { presentConditions } from './condition-notices.ts';
import { noticesOf } from './notices-of.ts';
import type { Addressed, NoticeStore } from './notice-store.ts';
import type { NoticeChannel } from '#shared/clients/notices/notice-channel.ts';

/** @returns whether no real money is moved */
export async function findNotices(
  context: Context,
  store: NoticeStore,
  channels: readonly NoticeChannel[],
): Promise<boolean> {
  const { settings, database } = context;
  const nowMs = context.now();
  const [overview, proposals, samples, { version, periods }] = await Promise.all([
    loadOverview(context, { accountId: DEFAULT_ACCOUNT }),
    new ProposalStore(database, DEFAULT_ACCOUNT).all(),
    stateMetrics(context),
    store.conditions(),
  ]);
  const alerts = firing(samples, nowMs / 1_000);
  const conditions = presentConditions(alerts, overview.services, overview.jobs);
  const unread = unreadAlerts(samples);
  const isUnknown = (name: string): boolean => unread.has(name.split(':')[0] ?? '');
  const changed = conditionsAfter(periods, conditions, nowMs, isUnknown);
  const texts = { zone: settings.noticeZone, withAmounts: settings.noticeAmounts === 'on' };
  const found = noticesOf({ overview, proposals, nowMs, conditions, changed, ...texts });
  const names = channels.map(({ name }) => name);
  const addressed: Addressed[] = found.map((notice) => ({
    notice,
    channels: channelsFor(notice.kind, names, settings.noticeRoutes),
  }));
  await store.record(addressed, { version, periods: changed.periods }, nowMs);
  return overview.trading?.practice !== false;
}
