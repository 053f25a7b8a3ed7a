/** A test of one channel. */
import type { NoticeTestResult } from '#protos/gen/gateway.ts';
import type { NoticeChannel } from '#shared/clients/notices/notice-channel.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { noticeUrgency } from '#shared/process/notice-kinds.ts';
import type { Context } from '#shared/runtime/context.ts';
import { titleOf } from './notice.ts';

const SEND_MS_MAX = 20_000;

export async function sendTest(
  { now, newId, broker, settings }: Context,
  { name: channel, send }: NoticeChannel,
): Promise<NoticeTestResult> {
  const practice = broker.simulated || settings.liveTrading === 'off';
  const notice = {
    key: `test:${newId()}`,
    kind: 'test',
    urgency: noticeUrgency.test,
    title: titleOf(practice, 'a test of this channel'),
    text: 'Notices of Arduino Trader arrive here.',
    ...{ at: new Date(now()).toISOString(), practice, url: settings.noticePage ?? '' },
  };
  try {
    await send(notice, AbortSignal.timeout(SEND_MS_MAX));
    return { channel, delivered: true, message: '' };
  } catch (thrown) {
    return { channel, delivered: false, message: Failure.from(thrown).message };
  }
}
