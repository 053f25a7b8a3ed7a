/** Money and shares that the owner enters or imports at the paper broker; each once, by its id. */
import type { BookedMovement, BrokerFlow } from '#shared/clients/broker/broker.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { keyReused, refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  unreservedCash,
  unreservedShares,
  movementTime,
  withShares,
  type PaperBook,
} from './paper-book.ts';

/** No live order, so that all that orders reserve counts. */
const EXCLUDE_NONE = '';

/**
 * Books all of them or none.
 * @throws Failure KEY_REUSED for an id that stands for another movement; REFUSED insufficient-cash or
 *   insufficient-shares where the account would be short at the end, naming the movement
 */
export function withMovements(
  book: PaperBook,
  movements: readonly BookedMovement[],
  now: Instant,
): PaperBook {
  const known = new Map(book.flows.map((flow) => [flow.flowId, flow]));
  const fresh = movements.filter((movement) => !isKnown(movement, known.get(movement.flowId)));
  if (fresh.length === 0) return book;
  const next = fresh.reduce((before, movement) => booked(before, movement, now), book);
  requireCovered(next, fresh);
  return next;
}

function isKnown(movement: BookedMovement, known: BrokerFlow | undefined): boolean {
  if (!known) return false;
  if (canonicalJson(contentOf(movement)) !== canonicalJson(contentOf(known)))
    throw keyReused('This id was used with another movement.', { flowId: movement.flowId });
  return true;
}

function contentOf({ kind, amount, isin, quantity, price, reversesFlowId }: BookedMovement) {
  const shares = quantity?.normalize().toString();
  return { kind, amount, isin, quantity: shares, price, reversesFlowId };
}

function booked(book: PaperBook, movement: BookedMovement, now: Instant): PaperBook {
  const movedAt = movement.happenedAt === undefined ? movementTime(book, now) : book.movedAt;
  const { symbol, ...flow } = movement;
  const entered: BrokerFlow = { ...flow, happenedAt: movement.happenedAt ?? movedAt };
  const moved = {
    ...book,
    cash: book.cash.add(flow.amount),
    flows: [...book.flows, entered],
    movedAt,
  };
  const change = sharesChange(entered);
  const { isin } = flow;
  if (isin === undefined || change === undefined) return moved;
  return withShares(moved, isin, symbol ?? book.holdings.get(isin)?.symbol ?? isin, change);
}

/** Shares that a movement brings or takes; undefined where it moves none. */
export function sharesChange({ kind, quantity }: BrokerFlow): Decimal | undefined {
  if (!quantity) return undefined;
  if (kind === 'transfer-in' || kind === 'buy') return quantity;
  return kind === 'transfer-out' || kind === 'sell' ? quantity.negate() : undefined;
}

function requireCovered(book: PaperBook, movements: readonly BookedMovement[]): void {
  const paid = movements.find(({ amount }) => amount.sign < 0);
  const free = unreservedCash(book, EXCLUDE_NONE);
  if (paid && free.sign < 0)
    throw refused(
      'insufficient-cash',
      `It takes more than there is: ${free.toString()} would be left.`,
      {
        flowId: paid.flowId,
        left: free.toString(),
      },
    );
  const isins = new Set(movements.flatMap(({ isin }) => isin ?? []));
  for (const isin of isins) requireShares(book, isin);
}

function requireShares(book: PaperBook, isin: Isin): void {
  const free = unreservedShares(book, isin, EXCLUDE_NONE);
  if (free.sign < 0)
    throw refused(
      'insufficient-shares',
      `It takes more shares of ${isin} than there are: ${free.toString()} would be left.`,
      { isin, left: free.toString() },
    );
}
