/** What a person is told of: found in the overview, each once, with how urgent it is. */
import type { Money } from '#protos/gen/common/common.ts';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { NoticeUrgency } from '../model/delivery.ts';

export interface Notice {
  /** The same event has the same key, so that it is told once. */
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly text: string;
}

/** Urgent ones are sent at any hour and cannot be muted. */
export const noticeUrgency = {
  'plan-waiting': 'high',
  'plan-reminder': 'normal',
  'orders-done': 'low',
  'order-trouble': 'urgent',
  'trading-state': 'urgent',
  'board-away': 'high',
  'board-back': 'normal',
  'prices-old': 'high',
  'job-failed': 'high',
  booking: 'low',
  letter: 'low',
} as const satisfies Record<string, NoticeUrgency>;

export type NoticeKind = keyof typeof noticeUrgency;
export const noticeKinds = Object.keys(noticeUrgency) as readonly NoticeKind[];

/** Services that failed when it was last looked, by name, and since when in milliseconds. */
export type Absences = Readonly<Record<string, number>>;

/** What is older was told before, or before there were notices. */
const AGE_MS_MAX = 86_400_000;
/** A service that is away for less is not worth a word. */
const AWAY_MS_MIN = 300_000;
const LETTER_WEEKDAY = 6;
const LETTER_HOUR = 8;

export interface NoticeInputs {
  readonly overview: GetOverviewResponse;
  readonly nowMs: number;
  /** As they were before and after this look. */
  readonly absences: { readonly before: Absences; readonly after: Absences };
  /** Whether texts may name sums. */
  readonly withAmounts: boolean;
}

type Found = Omit<Notice, 'title'> & { readonly headline: string };

export function noticesOf(inputs: NoticeInputs): Notice[] {
  const mode = inputs.overview.trading?.practice === false ? 'REAL' : 'PRACTICE';
  const found = [
    ...planNotices(inputs),
    ...orderNotices(inputs),
    ...stateNotices(inputs),
    ...awayNotices(inputs),
    ...priceNotices(inputs),
    ...jobNotices(inputs),
    ...bookingNotices(inputs),
    ...letter(inputs),
  ];
  return found.map(({ headline, ...one }) => ({ ...one, title: `${mode}: ${headline}` }));
}

/** Services that fail now, each with the time it was first seen to. */
export function absencesAfter(
  before: Absences,
  { services }: Pick<GetOverviewResponse, 'services'>,
  nowMs: number,
): Absences {
  const ill = services.filter(({ healthy }) => !healthy);
  return Object.fromEntries(ill.map(({ name }) => [name, before[name] ?? nowMs]));
}

function planNotices({ overview, nowMs, withAmounts }: NoticeInputs): Found[] {
  const { proposal, plan } = overview;
  if (!proposal || !plan) return [];
  if (proposal.state !== 'PROPOSED') return [];
  const [from, until] = [msOf(proposal.proposedAt), msOf(proposal.expiresAt)];
  const orders = plan.actions.length === 1 ? 'one order' : `${plan.actions.length} orders`;
  const cost = withAmounts ? ` It costs ${moneyText(plan.expectedCost)}.` : '';
  const text = `${sentences(plan.actions)}${cost} Until ${timeText(until)}; no answer means no.`;
  const key = proposal.digest;
  const waiting: Found = {
    key: `plan-waiting:${key}`,
    kind: 'plan-waiting',
    headline: `a plan with ${orders} waits for your answer`,
    text,
  };
  const isHalfOver = nowMs > (from + until) / 2;
  const reminder: Found = {
    key: `plan-reminder:${key}`,
    kind: 'plan-reminder',
    headline: `a plan with ${orders} still waits`,
    text,
  };
  return isHalfOver ? [waiting, reminder] : [waiting];
}

const ACTIONS_NAMED = 5;

function sentences(actions: readonly { side: string; quantity: number; symbol: string }[]): string {
  const named = actions
    .slice(0, ACTIONS_NAMED)
    .map(({ side, quantity, symbol }) => `${side.toLowerCase()} ${quantity} ${symbol}`);
  const more = actions.length - named.length;
  return `${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}.`;
}

function orderNotices({ overview, nowMs }: NoticeInputs): Found[] {
  const recent = overview.orders.filter(({ requestedAt }) => isRecent(msOf(requestedAt), nowMs));
  const trouble = recent.filter(({ state }) => TROUBLE.has(state));
  const { plan } = overview;
  const isDone = plan?.status === 'COMPLETED' && isRecent(msOf(plan.createdAt), nowMs);
  const filled = recent.filter(({ state }) => state === 'FILLED');
  return [
    ...trouble.map((order): Found => ({
      key: `order:${order.tradeId}:${order.state}`,
      kind: 'order-trouble',
      headline: `the order ${order.side.toLowerCase()} ${order.quantity} ${order.symbol} is ${order.state.toLowerCase().replaceAll('_', ' ')}`,
      text: order.message || 'The page and trader status say more. Nothing is sent twice.',
    })),
    ...(isDone && plan.actions.length > 0
      ? [
          {
            key: `orders-done:${plan.id}`,
            kind: 'orders-done' as const,
            headline: `the plan was carried out`,
            text: `${filled.length} of ${plan.actions.length} orders are filled: ${sentences(plan.actions)}`,
          },
        ]
      : []),
  ];
}

/** States that a person has to know of. */
const TROUBLE: ReadonlySet<string> = new Set(['REJECTED', 'UNKNOWN', 'NEEDS_HUMAN']);

function stateNotices({ overview: { trading }, nowMs }: NoticeInputs): Found[] {
  const changedMs = msOf(trading?.changedAt);
  if (!trading || !isRecent(changedMs, nowMs)) return [];
  const words: Readonly<Record<string, string>> = {
    HALTED: 'trading is stopped',
    REDUCING: 'only sales are sent',
    ACTIVE: 'trading goes on',
  };
  return [
    {
      key: `trading-state:${trading.state}:${changedMs}`,
      kind: 'trading-state',
      headline: words[trading.state] ?? trading.state,
      text: trading.reasons.join('; ') || 'Purchases and sales are sent again.',
    },
  ];
}

function awayNotices({ nowMs, absences: { before, after } }: NoticeInputs): Found[] {
  const away = Object.entries(after).filter(([, since]) => nowMs - since >= AWAY_MS_MIN);
  const back = Object.entries(before).filter(
    ([name, since]) => !(name in after) && nowMs - since >= AWAY_MS_MIN,
  );
  return [
    ...away.map(([name, since]): Found => ({
      key: `board-away:${name}:${since}`,
      kind: 'board-away',
      headline: `${name} does not work`,
      text: `Since ${timeText(since)}. What needs it waits; the page shows the rest.`,
    })),
    ...back.map(([name, since]): Found => ({
      key: `board-back:${name}:${since}`,
      kind: 'board-back',
      headline: `${name} works again`,
      text: `It was away from ${timeText(since)}.`,
    })),
  ];
}

function priceNotices({ overview: { standing, value } }: NoticeInputs): Found[] {
  const sentence = [standing?.message ?? '', ...(standing?.complaints ?? [])].find((text) =>
    text.startsWith('Prices are from'),
  );
  if (sentence === undefined) return [];
  const key = `prices-old:${value?.oldestPriceDay ?? ''}`;
  return [{ key, kind: 'prices-old', headline: 'prices are old', text: sentence }];
}

function jobNotices({ overview: { jobs } }: NoticeInputs): Found[] {
  return jobs
    .filter(({ status, name }) => status === 'failed' && name !== 'notices')
    .map(({ name, lastError, lastRun }) => ({
      key: `job-failed:${name}:${msOf(lastRun)}`,
      kind: 'job-failed',
      headline: `the job ${name} failed`,
      text: lastError,
    }));
}

function bookingNotices({ overview: { ledger }, nowMs, withAmounts }: NoticeInputs): Found[] {
  return ledger
    .filter(({ kind, happenedAt }) => BOOKINGS.has(kind) && isRecent(msOf(happenedAt), nowMs))
    .map(({ id, kind, symbol, cash }) => ({
      key: `booking:${id}`,
      kind: 'booking',
      headline: `${kind}${symbol === '' ? '' : ` of ${symbol}`} booked`,
      text: withAmounts ? `${moneyText(cash)}.` : 'The ledger has the sum.',
    }));
}

const BOOKINGS: ReadonlySet<string> = new Set(['dividend', 'deposit']);

/** Once a week, on Saturday from eight o'clock UTC on. */
function letter({ overview, nowMs, withAmounts }: NoticeInputs): Found[] {
  const now = new Date(nowMs);
  if (now.getUTCDay() !== LETTER_WEEKDAY || now.getUTCHours() < LETTER_HOUR) return [];
  const { value, standing, history } = overview;
  const total = withAmounts
    ? `Value ${moneyText(value?.total)}, cash ${moneyText(value?.cash)}. `
    : '';
  const gain =
    value?.gainRatio === undefined
      ? ''
      : `Gain on what you paid in ${percentText(value.gainRatio)}. `;
  const made =
    history?.returnRatio === undefined
      ? ''
      : `The investments made ${percentText(history.returnRatio)}. `;
  return [
    {
      key: `letter:${now.toISOString().slice(0, 10)}`,
      kind: 'letter',
      headline: 'the week',
      text: `${standing?.message ?? ''}\n${total}${gain}${made}`.trim(),
    },
  ];
}

function isRecent(ms: number, nowMs: number): boolean {
  return nowMs - ms < AGE_MS_MAX;
}

function msOf(timestamp: { readonly seconds: string } | undefined): number {
  return Number(timestamp?.seconds ?? 0) * 1000;
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function percentText(ratio: number): string {
  return `${ratio < 0 ? '' : '+'}${(ratio * 100).toFixed(1)} %`;
}

function moneyText(money: Money | undefined): string {
  return money ? `${money.currency} ${money.amount}` : 'unknown';
}
