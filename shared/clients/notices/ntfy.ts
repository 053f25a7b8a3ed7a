/** ntfy: JSON to the server's root, the topic in the document (docs.ntfy.sh/publish, publish as JSON). */
import type { NoticeUrgency } from '#shared/process/notice-kinds.ts';
import type { NoticeChannel, OutgoingNotice } from './notice-channel.ts';
import { noticeId } from './notice-id.ts';
import { postText, requireTaken } from './post-json.ts';

const priorities: Readonly<Record<NoticeUrgency, number>> = {
  low: 2,
  normal: 3,
  high: 4,
  urgent: 5,
};
/** Of up to three bytes each: a message over 4,096 bytes becomes an attachment. */
const LENGTH_MAX = 1_300;

/** @param topicUrl `https://ntfy.example/topic` @param token empty: none is sent */
export function ntfyChannel(topicUrl: string, token: () => string): NoticeChannel {
  const { origin, pathname } = new URL(topicUrl);
  const topic = pathname.replace(/^\/+|\/+$/g, '');
  return {
    name: 'ntfy',
    hasButtons: true,
    send: async (notice, signal) => {
      const headers = token() === '' ? {} : { authorization: `Bearer ${token()}` };
      const body = JSON.stringify({ topic, ...messageOf(notice) });
      requireTaken('ntfy', await postText(origin, body, headers, signal));
    },
  };
}

function messageOf(notice: OutgoingNotice) {
  const { key, title, text, urgency, kind, url } = notice;
  const actions = actionsOf(notice);
  return {
    title,
    message: text.slice(0, LENGTH_MAX),
    priority: priorities[urgency],
    tags: [kind],
    // A second message with it replaces the first one, from ntfy 2.16 on; older servers leave it unread.
    sequence_id: noticeId(key),
    ...(url !== '' && { click: url }),
    ...(actions.length > 0 && { actions }),
  };
}

/** The phone itself sends the answer, to the gateway. */
function actionsOf({ url, answers }: OutgoingNotice) {
  const openAction = url === '' ? [] : [{ action: 'view', label: 'Open', url }];
  if (!answers || answers.address === '') return openAction;
  const button = (label: string, token: string) => ({
    ...{ action: 'http', label, url: answers.address, method: 'POST', clear: true },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return [
    button('Approve', answers.approveToken),
    button('Reject', answers.rejectToken),
    ...openAction,
  ];
}
