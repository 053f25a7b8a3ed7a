/**
 * The kinds of notices and how urgent each is. Urgent ones are sent at any hour and cannot be switched off;
 * low ones wait for the end of quiet hours, as normal and high ones do. A kind without a sentence in
 * docs/use/notices.md is a condition of the alert table and is named after its runbook.
 */
export type NoticeUrgency = 'low' | 'normal' | 'high' | 'urgent';

export const noticeUrgency = {
  'plan-waiting': 'high',
  'plan-reminder': 'normal',
  'plan-expired': 'low',
  'orders-done': 'low',
  'order-trouble': 'urgent',
  'trading-state': 'urgent',
  'board-away': 'high',
  'job-failed': 'high',
  'sign-in': 'urgent',
  booking: 'low',
  letter: 'low',
  resolved: 'normal',
  test: 'normal',
  'state-lost': 'urgent',
  'book-differs': 'urgent',
  'redis-not-persistent': 'urgent',
  'redis-full': 'urgent',
  'redis-replica-missing': 'high',
  'undeclared-call': 'urgent',
  'prices-stale': 'high',
  'rates-stale': 'high',
  'suspected-split': 'high',
  'queue-stuck': 'high',
  'service-slow': 'normal',
  'metrics-missing': 'high',
  'schedule-missing': 'high',
  'failed-runs': 'high',
  'dead-letters': 'high',
  'backup-failed': 'high',
  'disk-full': 'high',
  'log-not-written': 'normal',
  'certificate-ends': 'high',
  'clock-wrong': 'high',
} as const satisfies Readonly<Record<string, NoticeUrgency>>;

export type NoticeKind = keyof typeof noticeUrgency;
export const noticeKinds = Object.keys(noticeUrgency) as readonly NoticeKind[];

export const channelNames = ['ntfy', 'telegram', 'email', 'webhook'] as const;
export type ChannelName = (typeof channelNames)[number];

/** Which channels get which kind; what is not named goes to all. */
export type NoticeRoutes = Readonly<Partial<Record<NoticeKind | '*', readonly ChannelName[]>>>;

/** @returns of the configured channels those that get the kind; an urgent notice always has one */
export function channelsFor(
  kind: NoticeKind,
  configured: readonly ChannelName[],
  routes: NoticeRoutes,
): readonly ChannelName[] {
  const routed = routes[kind] ?? routes['*'] ?? configured;
  const some = configured.filter((name) => routed.includes(name));
  return some.length === 0 && noticeUrgency[kind] === 'urgent' ? configured : some;
}
