/** Telegram's Bot API: sendMessage (core.telegram.org/bots/api). */
import { Failure } from '#shared/kernel/failure.ts';
import type { NoticeChannel, OutgoingNotice } from './notice-channel.ts';
import { postText, requireTaken, type PostedAnswer } from './post-json.ts';

const LENGTH_MAX = 4_000;

export interface TelegramOptions {
  /** `https://api.telegram.org` */
  readonly server: string;
  readonly chat: string;
  readonly token: () => string;
}

export function telegramChannel({ server, chat, token }: TelegramOptions): NoticeChannel {
  return {
    name: 'telegram',
    send: async (notice, signal) => {
      if (token() === '') throw new Failure('UNAVAILABLE', 'The secret telegram-token is missing.');
      const url = `${server.replace(/\/+$/, '')}/bot${token()}/sendMessage`;
      const answer = await postText(url, JSON.stringify(messageOf(notice, chat)), {}, signal).catch(
        () => {
          // The address holds the token, and must not be in any message.
          throw new Failure('UNAVAILABLE', 'Telegram did not answer.');
        },
      );
      requireTaken('Telegram', withRetryAfter(answer));
    },
  };
}

function messageOf({ title, text, urgency, url }: OutgoingNotice, chat: string) {
  // Telegram refuses buttons whose host has no dot.
  const hasButton = URL.canParse(url) && new URL(url).hostname.includes('.');
  return {
    chat_id: chat,
    text: `<b>${escaped(title)}</b>\n${escaped(text)}`.slice(0, LENGTH_MAX),
    parse_mode: 'HTML',
    disable_notification: urgency === 'low',
    link_preview_options: { is_disabled: true },
    ...(hasButton && { reply_markup: { inline_keyboard: [[{ text: 'Look', url }]] } }),
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Telegram says in the body how long to wait. */
function withRetryAfter(answer: PostedAnswer): PostedAnswer {
  if (answer.status !== 429) return answer;
  const seconds = Number(/"retry_after"\s*:\s*(\d{1,6})/.exec(answer.body)?.[1] ?? 0);
  return { ...answer, retryAfterMs: seconds > 0 ? seconds * 1000 : answer.retryAfterMs };
}
