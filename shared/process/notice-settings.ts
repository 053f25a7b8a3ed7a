/** The settings of notices: where they go, when, and what they may say. */
import { bad, oneOf, optional, row, text } from './setting-row.ts';

export const noticeRows = {
  noticeNtfy: optional('NOTICE_NTFY', 'address of an ntfy topic that gets notices', webAddress),
  noticeTelegramChat: optional('NOTICE_TELEGRAM_CHAT', 'chat that a Telegram bot writes to', text),
  noticeTelegramUrl: row(
    'NOTICE_TELEGRAM_URL',
    'https://api.telegram.org',
    'server of the Telegram Bot API',
    webAddress,
  ),
  noticeEmailTo: optional('NOTICE_EMAIL_TO', 'e-mail address that gets notices', text),
  noticeEmailFrom: optional(
    'NOTICE_EMAIL_FROM',
    'address that notices come from; unset: NOTICE_EMAIL_TO',
    text,
  ),
  noticeWebhook: optional('NOTICE_WEBHOOK', 'address that gets notices as signed JSON', webAddress),
  noticePage: optional('NOTICE_PAGE', 'address of the page, for the links in notices', webAddress),
  noticeQuietHours: row(
    'NOTICE_QUIET_HOURS',
    '22-7',
    'hours (UTC) in which only urgent notices are sent; 0-0 is none',
    quietHours,
  ),
  noticeAmounts: row(
    'NOTICE_AMOUNTS',
    'on',
    '`on` or `off`: whether notices name sums of money',
    oneOf('on', 'off'),
  ),
  noticeMuted: row(
    'NOTICE_MUTED',
    'none',
    'kinds of notices that are not sent, separated by comma; urgent ones cannot be muted',
    names,
  ),
} as const;

function webAddress(value: string): string {
  const isOne = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  return isOne ? value : bad(`"${value.slice(0, 80)}" is no http or https address`);
}

/** Hours of the day in UTC: `22-7`. */
function quietHours(value: string): { readonly from: number; readonly until: number } {
  const [, from, until] = /^(\d{1,2})-(\d{1,2})$/.exec(value) ?? [];
  const hours = { from: Number(from), until: Number(until) };
  const isOne = [hours.from, hours.until].every((hour) => hour >= 0 && hour <= 23);
  return isOne ? hours : bad('two hours from 0 to 23, like 22-7');
}

function names(value: string): readonly string[] {
  return value === 'none' ? [] : value.split(',').map((name) => name.trim());
}
