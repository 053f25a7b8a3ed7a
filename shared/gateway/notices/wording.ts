/** Times, sums and orders as notices write them. */
import type { Money } from '#protos/gen/common/common.ts';
import { localTime } from '../model/delivery.ts';

/** What is older was reported already, or happened before there were notices. */
const AGE_MS_MAX = 86_400_000;
const ACTIONS_NAMED = 5;

export function isRecent(ms: number, nowMs: number): boolean {
  return nowMs - ms < AGE_MS_MAX;
}

export function msOf(timestamp: { readonly seconds: string } | undefined): number {
  return Number(timestamp?.seconds ?? 0) * 1000;
}

/** `Sat 2026-11-28 08:05 (Europe/Athens)` */
export function timeText(ms: number, zone: string): string {
  return `${localTime(ms, zone).text} (${zone})`;
}

export function percentText(ratio: number): string {
  return `${ratio < 0 ? '' : '+'}${(ratio * 100).toFixed(1)} %`;
}

export function moneyText(money: Money | undefined): string {
  return money ? `${money.currency} ${money.amount}` : 'unknown';
}

interface Action {
  readonly side: string;
  readonly quantity: number;
  readonly symbol: string;
}

/** `buy 3 LUMR, sell 2 DOVR, 4 more.` */
export function actionsText(actions: readonly Action[]): string {
  const named = actions
    .slice(0, ACTIONS_NAMED)
    .map(({ side, quantity, symbol }) => `${side.toLowerCase()} ${quantity} ${symbol}`);
  const more = actions.length - named.length;
  return `${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}.`;
}

export function ordersText(count: number): string {
  return count === 1 ? 'one order' : `${count} orders`;
}

/** A message of a service as a sentence: `timed out` becomes `Timed out.`; empty stays empty. */
export function sentence(text: string): string {
  return text === ''
    ? ''
    : `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/([^.!?])$/, '$1.');
}
