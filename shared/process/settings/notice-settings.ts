/** The settings of notices: where they go, when, and what they may say. */
import {
  channelNames,
  noticeKinds,
  noticeUrgency,
  type ChannelName,
  type NoticeKind,
  type NoticeRoutes,
} from '../notice-kinds.ts';
import { atLeastZero } from './number-parsers.ts';
import { bad, oneOf, optional, row, text } from './setting-row.ts';

/** Secret files of the functions gateway-trigger-job and gateway-test-notices, by the setting that needs them. */
export const noticeSecrets = {
  'NOTICE_NTFY (may be missing)': 'ntfy-token',
  NOTICE_TELEGRAM_CHAT: 'telegram-token',
  NOTICE_EMAIL_TO: 'smtp-url',
  NOTICE_WEBHOOK: 'webhook-key',
} as const;

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
    'hours in which only urgent notices are sent; 0-0 is none',
    quietHours,
  ),
  noticeZone: row(
    'NOTICE_ZONE',
    'UTC',
    'time zone of quiet hours, of the weekly letter and of times in notices, such as Europe/Athens',
    zone,
  ),
  noticeAmounts: row(
    'NOTICE_AMOUNTS',
    'on',
    '`on` or `off`: whether notices name sums of money',
    oneOf('on', 'off'),
  ),
  noticeRoutes: row(
    'NOTICE_ROUTES',
    '*=all',
    'which channels get which kind (docs/use/notices.md), such as `letter=email,booking=none,*=ntfy+telegram`',
    routes,
  ),
  noticeApproveMax: row(
    'NOTICE_APPROVE_MAX',
    '0',
    'a plan whose orders are worth at most this much together, in BASE_CURRENCY, can be approved and rejected by buttons in ntfy and Telegram; 0: none',
    atLeastZero,
  ),
} as const;

function webAddress(value: string): string {
  const isOne = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  return isOne ? value : bad(`"${value.slice(0, 80)}" is no http or https address`);
}

/** Hours of the day: `22-7`. */
function quietHours(value: string): { readonly from: number; readonly until: number } {
  const [, from, until] = /^(\d{1,2})-(\d{1,2})$/.exec(value) ?? [];
  const hours = { from: Number(from), until: Number(until) };
  const isOne = [hours.from, hours.until].every((hour) => hour >= 0 && hour <= 23);
  return isOne ? hours : bad('two hours from 0 to 23, like 22-7');
}

function zone(value: string): string {
  // Every function reads the settings: to look a zone up has a process read a megabyte of tables.
  if (value === 'UTC') return value;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return bad(`"${value.slice(0, 40)}" is no time zone; one is Europe/Athens`);
  }
}

function routes(value: string): NoticeRoutes {
  return Object.fromEntries(value.split(',').map((part) => route(part.trim())));
}

function route(part: string): [NoticeKind | '*', readonly ChannelName[]] {
  const [name = '', channels = ''] = part.split('=').map((half) => half.trim());
  const kind = [...noticeKinds, '*' as const].find((one) => one === name);
  if (kind === undefined)
    return bad(
      `"${name.slice(0, 40)}" is no kind of notice; there are ${noticeKinds.join(', ')}, *`,
    );
  if (channels === 'all') return [kind, channelNames];
  if (channels === 'none')
    return kind !== '*' && noticeUrgency[kind] === 'urgent'
      ? bad(`${kind} is urgent and cannot be switched off`)
      : [kind, []];
  return [kind, channels.split('+').map((one) => channelName(one.trim()))];
}

function channelName(value: string): ChannelName {
  const found = channelNames.find((name) => name === value);
  return (
    found ??
    bad(`"${value.slice(0, 40)}" is no channel; there are ${channelNames.join(', ')}, all, none`)
  );
}
