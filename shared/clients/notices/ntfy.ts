/** ntfy: JSON to the server's root, the topic in the document (docs.ntfy.sh/publish, publish as JSON). */
import type { NoticeChannel, Urgency } from './notice-channel.ts';
import { postText, requireTaken } from './post-json.ts';

const priorities: Readonly<Record<Urgency, number>> = { low: 2, normal: 3, high: 4, urgent: 5 };
/** A longer message becomes an attachment. */
const BYTES_MAX = 4_000;

/** @param topicUrl `https://ntfy.example/topic` @param token empty: none is sent */
export function ntfyChannel(topicUrl: string, token: () => string): NoticeChannel {
  const { origin, pathname } = new URL(topicUrl);
  const topic = pathname.replace(/^\/+|\/+$/g, '');
  return {
    name: 'ntfy',
    send: async ({ title, text, urgency, kind, url }, signal) => {
      const link =
        url === '' ? {} : { click: url, actions: [{ action: 'view', label: 'Look', url }] };
      const message = Buffer.from(text).subarray(0, BYTES_MAX).toString('utf8');
      const document = {
        topic,
        title,
        message,
        priority: priorities[urgency],
        tags: [kind],
        ...link,
      };
      const headers = token() === '' ? {} : { authorization: `Bearer ${token()}` };
      requireTaken('ntfy', await postText(origin, JSON.stringify(document), headers, signal));
    },
  };
}
