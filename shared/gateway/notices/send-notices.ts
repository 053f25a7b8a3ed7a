/**
 * The task of the job `notices`: deals with buttons that were pressed, finds what is new, and delivers what is
 * due. A channel that fails is tried again later, and never delays or fails a trade.
 */
import type { NoticeChannel, OutgoingNotice } from '#shared/clients/notices/notice-channel.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { noticeUrgency } from '#shared/process/notice-kinds.ts';
import type { Context } from '#shared/runtime/context.ts';
import { ATTEMPTS_MAX, localTime, mayGo, pauseMs } from '../model/delivery.ts';
import type { JobEnd } from '../model/job-record.ts';
import { answerButtons } from './answer-buttons.ts';
import { noticeChannels } from './channels.ts';
import { findNotices } from './find-notices.ts';
import { NoticeStore, type Delivery } from './notice-store.ts';
import { takeAnswers } from './take-answers.ts';

const SEND_MS_MAX = 20_000;

type End = 'sent' | 'postponed' | 'givenUp';

export async function sendNotices(context: Context): Promise<JobEnd> {
  const channels = noticeChannels(context.settings);
  if (channels.length === 0) return { ok: true, message: 'No channel is configured.' };
  const store = new NoticeStore(context.database);
  await takeAnswers(context, store);
  const practice = await findNotices(context, store, channels);
  const counts = { sent: 0, postponed: 0, givenUp: 0 };
  for (const delivery of await store.waiting()) {
    const channel = channels.find(({ name }) => name === delivery.channel);
    if (isOver(context, delivery)) await store.delivered(delivery);
    else if (channel && isDue(context, delivery))
      counts[await deliver(context, store, channel, delivery, practice)] += 1;
  }
  await store.deleteExpired(context.now());
  const { sent, postponed, givenUp } = counts;
  const message = `${sent} sent, ${postponed} to be tried again, ${givenUp} given up.`;
  return { ok: givenUp === 0, message };
}

/** A plan whose time is over is not asked about any more. */
function isOver({ now }: Context, { notice }: Delivery): boolean {
  return notice.untilMs !== undefined && notice.untilMs <= now();
}

function isDue({ now, settings }: Context, { nextMs, notice }: Delivery): boolean {
  const { hour } = localTime(now(), settings.noticeZone);
  const isUrgent = noticeUrgency[notice.kind] === 'urgent';
  return nextMs <= now() && mayGo(isUrgent, settings.noticeQuietHours, hour);
}

async function deliver(
  context: Context,
  store: NoticeStore,
  channel: NoticeChannel,
  delivery: Delivery,
  practice: boolean,
): Promise<End> {
  const { notice } = delivery;
  try {
    const message = await outgoing(context, channel, delivery, practice);
    await channel.send(message, AbortSignal.timeout(SEND_MS_MAX));
    await store.delivered(delivery);
    return 'sent';
  } catch (thrown) {
    const { message: detail } = Failure.from(thrown);
    const facts = { channel: channel.name, kind: notice.kind, detail };
    context.log.warn('notice-failed', facts);
    return failed(context, store, delivery, Failure.from(thrown));
  }
}

async function failed(
  { now }: Context,
  store: NoticeStore,
  delivery: Delivery,
  { code, message, facts }: Failure,
): Promise<End> {
  const attempts = delivery.attempts + 1;
  if (code === 'REFUSED' || attempts >= ATTEMPTS_MAX) {
    await store.gaveUp(delivery, message);
    return 'givenUp';
  }
  const retryAfterMs = Number(facts['retryAfterMs']) || undefined;
  await store.postponed(delivery, message, now() + pauseMs(attempts, retryAfterMs));
  return 'postponed';
}

async function outgoing(
  context: Context,
  channel: NoticeChannel,
  { notice, foundMs }: Delivery,
  practice: boolean,
): Promise<OutgoingNotice> {
  const { key, kind, title, text, planId } = notice;
  const at = new Date(foundMs).toISOString();
  const base = {
    ...{ key, kind, title, text, at, practice },
    url: context.settings.noticePage ?? '',
  };
  const answers =
    planId === undefined || !channel.hasButtons
      ? undefined
      : await answerButtons(context, planId, channel.name);
  return { ...base, urgency: noticeUrgency[kind], answers };
}
