/**
 * What both of Interactive Brokers' formats share. Corporate actions in their texts, as `AAPL(US0378331005)
 * Split 4 for 1 (AAPL, APPLE INC, US0378331005)`: the security that the action is of, what happened, and the
 * security whose shares the row moves.
 */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import type { ActionLeg } from './action-legs.ts';
import type { SharesRatio } from './transaction.ts';

const PARENT = /^([^()]+?) ?\(([A-Z]{2}[A-Z0-9]{9}\d)\) */;
const MOVED = /\(([^,()]+), ?[^()]*?(?:, ?([A-Z0-9]{9,12}))?\) *$/;
const RATIO = /(\d+(?:\.\d+)?) for (\d+(?:\.\d+)?)/i;

const kinds: readonly (readonly [RegExp, ActionLeg['kind']])[] = [
  [/stock dividend|bonus issue/i, 'stock-dividend'],
  [/spin-?off/i, 'spin-off'],
  [/\bsplit\b/i, 'exchange'],
  [/(cusip|isin|symbol|name)[\w/ ]* change/i, 'rename'],
  [/merge[dr]|acquisition|tender/i, 'merger'],
  [/delist|worthless/i, 'delisting'],
];

type Row = Omit<ActionLeg, 'kind' | 'group' | 'parentIsin' | 'ratio'> & { readonly text: string };

/** @returns why it is no action that can be booked, in one sentence */
export function interactiveBrokersLeg({ text, ...row }: Row): ActionLeg | string {
  const kind = kinds.find(([pattern]) => pattern.test(text))?.[1];
  const parent = PARENT.exec(text);
  if (!kind)
    return `a corporate action of an unknown kind, to be entered by trader action: ${text}`;
  const [, movedSymbol, movedId = ''] = MOVED.exec(text.slice(parent?.[0].length ?? 0)) ?? [];
  const parentIsin = parent?.[2];
  const isin = row.isin ?? (isIsin(movedId) ? movedId : parentIsin);
  return {
    ...row,
    ...{ kind, parentIsin, isin, symbol: row.symbol ?? movedSymbol ?? parent?.[1] },
    group: [parentIsin ?? isin ?? row.symbol, kind, dayOf(row.at)].join('|'),
    ratio: ratioIn(text),
  };
}

function ratioIn(text: string): SharesRatio | undefined {
  const [, newShares, oldShares] = RATIO.exec(text) ?? [];
  if (newShares === undefined || oldShares === undefined) return undefined;
  return { newShares: Decimal.parse(newShares), oldShares: Decimal.parse(oldShares) };
}

/** @throws Failure INVALID_REQUEST naming the accounts of a file that holds several */
export function requireOneAccount(ids: readonly string[]): void {
  const accounts = [...new Set(ids.filter((id) => id !== ''))].sort();
  if (accounts.length > 1)
    throw new Failure(
      'INVALID_REQUEST',
      `it holds several accounts (${accounts.join(', ')}): export each alone, and import it into an account of its own`,
    );
}
