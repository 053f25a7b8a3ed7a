/** A signed POST: HMAC-SHA-256 over time and body, so that the receiver knows who sent it and when. */
import { createHmac } from 'node:crypto';
import { Failure } from '#shared/kernel/failure.ts';
import type { NoticeChannel } from './notice-channel.ts';
import { postText, requireTaken } from './post-json.ts';

export function webhookChannel(hook: string, key: () => string): NoticeChannel {
  return {
    name: 'webhook',
    hasButtons: false,
    send: async (notice, signal) => {
      if (key() === '') throw new Failure('UNAVAILABLE', 'The secret webhook-key is missing.');
      const { key: id, kind: type, practice: simulated, urgency, at, title, text, url } = notice;
      const body = JSON.stringify({ id, type, urgency, at, simulated, title, text, url });
      const headers = {
        'x-timestamp': notice.at,
        'x-signature': `sha256=${signatureOf(key(), notice.at, body)}`,
        'idempotency-key': id,
      };
      requireTaken('The webhook', await postText(hook, body, headers, signal));
    },
  };
}

function signatureOf(key: string, timestamp: string, body: string): string {
  return createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
}
