/** Telegram's Bot API: sendMessage, and the buttons that were pressed (core.telegram.org/bots/api). */
import { Failure } from '#shared/kernel/failure.ts';
import { escapedHtml } from '#shared/kernel/text.ts';
import type { NoticeChannel, OutgoingNotice } from './notice-channel.ts';
import { postText, requireTaken, type PostedAnswer } from './post-json.ts';

/** Before characters are escaped; Telegram takes 4,096. */
const LENGTH_MAX = 1_000;
/** Of the text that is shown when a button was pressed. */
const ALERT_LENGTH_MAX = 200;

export interface TelegramOptions {
  /** `https://api.telegram.org` */
  readonly server: string;
  readonly chat: string;
  readonly token: () => string;
}

/** A button that somebody pressed. */
export interface PressedButton {
  readonly updateId: number;
  readonly callbackId: string;
  readonly chat: string;
  readonly messageId: number;
  /** What the button carried. */
  readonly data: string;
}

export function telegramChannel(options: TelegramOptions): NoticeChannel {
  return {
    name: 'telegram',
    hasButtons: true,
    send: async (notice, signal) => {
      await callTelegram(options, 'sendMessage', messageOf(notice, options.chat), signal);
    },
  };
}

/** @param offset one more than the last update that was dealt with */
export async function pressedButtons(
  options: TelegramOptions,
  offset: number,
  signal: AbortSignal,
): Promise<PressedButton[]> {
  const request = { offset, timeout: 0, limit: 100, allowed_updates: ['callback_query'] };
  const { body } = await callTelegram(options, 'getUpdates', request, signal);
  const { result } = JSON.parse(body) as { result?: readonly Update[] };
  return (result ?? []).map(({ update_id: updateId, callback_query: pressed }) => ({
    updateId,
    callbackId: pressed?.id ?? '',
    chat: String(pressed?.message?.chat?.id ?? ''),
    messageId: pressed?.message?.message_id ?? 0,
    data: pressed?.data ?? '',
  }));
}

interface Update {
  readonly update_id: number;
  readonly callback_query?: {
    readonly id: string;
    readonly data?: string;
    readonly message?: { readonly message_id: number; readonly chat?: { readonly id: number } };
  };
}

/** Says what became of it, and takes the buttons away. */
export async function concludeButton(
  options: TelegramOptions,
  { callbackId, chat, messageId }: PressedButton,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = { callback_query_id: callbackId, text: text.slice(0, ALERT_LENGTH_MAX) };
  await callTelegram(options, 'answerCallbackQuery', { ...answer, show_alert: true }, signal);
  const message = { chat_id: chat, message_id: messageId };
  await callTelegram(options, 'editMessageReplyMarkup', message, signal);
}

async function callTelegram(
  { server, token }: TelegramOptions,
  method: string,
  request: object,
  signal: AbortSignal,
): Promise<PostedAnswer> {
  if (token() === '') throw new Failure('UNAVAILABLE', 'The secret telegram-token is missing.');
  const url = `${server.replace(/\/+$/, '')}/bot${token()}/${method}`;
  const answer = await postText(url, JSON.stringify(request), {}, signal).catch(() => {
    // The address holds the token, and must not be in any message.
    throw new Failure('UNAVAILABLE', 'Telegram did not answer.');
  });
  requireTaken('Telegram', withRetryAfter(answer));
  return answer;
}

function messageOf(notice: OutgoingNotice, chat: string) {
  const { title, text, urgency } = notice;
  const rows = buttonsOf(notice);
  return {
    chat_id: chat,
    text: `<b>${escapedHtml(title)}</b>\n${escapedHtml(text.slice(0, LENGTH_MAX))}`,
    parse_mode: 'HTML',
    disable_notification: urgency === 'low',
    link_preview_options: { is_disabled: true },
    ...(rows.length > 0 && { reply_markup: { inline_keyboard: rows } }),
  };
}

function buttonsOf({ url, answers }: OutgoingNotice) {
  // Telegram refuses buttons whose host has no dot.
  const hasLink = URL.canParse(url) && new URL(url).hostname.includes('.');
  const openButton = hasLink ? [[{ text: 'Open', url }]] : [];
  if (!answers) return openButton;
  const approve = { text: 'Approve', callback_data: answers.approveToken };
  const reject = { text: 'Reject', callback_data: answers.rejectToken };
  return [[approve, reject], ...openButton];
}

/** Telegram says in the body how long to wait. */
function withRetryAfter(answer: PostedAnswer): PostedAnswer {
  if (answer.status !== 429) return answer;
  const seconds = Number(/"retry_after"\s*:\s*(\d{1,6})/.exec(answer.body)?.[1] ?? 0);
  return { ...answer, retryAfterMs: seconds > 0 ? seconds * 1000 : answer.retryAfterMs };
}
