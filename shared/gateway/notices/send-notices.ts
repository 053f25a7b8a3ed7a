/**
 * The task of the job `notices`: finds what is new, puts it into the outbox, and delivers what is due. A
 * channel that fails is tried again later, and never delays or fails a trade.
 */
import type { NoticeChannel, OutgoingNotice } from '#shared/clients/notices/notice-channel.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Context } from '#shared/runtime/context.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { loadOverview } from '../overview/load-overview.ts';
import { ATTEMPTS_MAX, mayGo, pauseMs } from '../model/delivery.ts';
import type { JobEnd } from '../model/job-record.ts';
import { absencesAfter, noticesOf, noticeUrgency } from './notice.ts';
import { noticeChannels } from './channels.ts';
import { NoticeStore, type Delivery } from './notice-store.ts';

const SEND_MS_MAX = 20_000;

export async function sendNotices(context: Context): Promise<JobEnd> {
  const channels = noticeChannels(context.settings);
  if (channels.length === 0) return { ok: true, message: 'No channel is configured.' };
  const store = new NoticeStore(context.database);
  const practice = await find(context, store, channels);
  const counts = { sent: 0, postponed: 0, givenUp: 0 };
  for (const delivery of await store.waiting()) {
    const channel = channels.find(({ name }) => name === delivery.channel);
    const nowMs = context.now();
    const urgency = noticeUrgency[delivery.notice.kind];
    const isDue =
      delivery.nextMs <= nowMs && mayGo(urgency, context.settings.noticeQuietHours, nowMs);
    if (channel && isDue) counts[await deliver(context, store, channel, delivery, practice)] += 1;
  }
  await store.tidy(context.now());
  const { sent, postponed, givenUp } = counts;
  const message = `${sent} sent, ${postponed} to be tried again, ${givenUp} given up.`;
  return { ok: givenUp === 0, message };
}

/** @returns whether no real money is moved */
async function find(
  context: Context,
  store: NoticeStore,
  channels: readonly NoticeChannel[],
): Promise<boolean> {
  const { settings } = context;
  const overview = await loadOverview(context, { accountId: DEFAULT_ACCOUNT });
  const nowMs = context.now();
  const before = await store.absences();
  const after = absencesAfter(before, overview, nowMs);
  const withAmounts = settings.noticeAmounts === 'on';
  const found = noticesOf({ overview, nowMs, absences: { before, after }, withAmounts });
  const names = channels.map(({ name }) => name);
  for (const notice of found)
    if (noticeUrgency[notice.kind] === 'urgent' || !settings.noticeMuted.includes(notice.kind))
      await store.add(notice, names, nowMs);
  await store.setAbsences(after);
  return overview.trading?.practice !== false;
}

async function deliver(
  context: Context,
  store: NoticeStore,
  channel: NoticeChannel,
  delivery: Delivery,
  practice: boolean,
): Promise<'sent' | 'postponed' | 'givenUp'> {
  try {
    await channel.send(outgoing(context, delivery, practice), AbortSignal.timeout(SEND_MS_MAX));
    await store.delivered(delivery);
    return 'sent';
  } catch (thrown) {
    const { code, message, facts } = Failure.from(thrown);
    const attempts = delivery.attempts + 1;
    context.log.warn('notice-failed', {
      channel: channel.name,
      kind: delivery.notice.kind,
      detail: message,
    });
    if (code === 'REFUSED' || attempts >= ATTEMPTS_MAX) {
      await store.gaveUp(delivery, message);
      return 'givenUp';
    }
    const retryAfterMs = Number(facts['retryAfterMs']) || undefined;
    await store.postponed(delivery, message, context.now() + pauseMs(attempts, retryAfterMs));
    return 'postponed';
  }
}

function outgoing(
  context: Context,
  { notice, foundMs }: Delivery,
  practice: boolean,
): OutgoingNotice {
  const at = new Date(foundMs).toISOString();
  const url = context.settings.noticePage ?? '';
  return { ...notice, urgency: noticeUrgency[notice.kind], at, practice, url };
}
