/** Money and shares that the owner enters or imports at the paper broker; each once, by its id. */
import type {
  BookedAction,
  BookedMovement,
  Bookings,
  BrokerCorporateAction,
  BrokerFlow,
} from '#shared/clients/broker/broker.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
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
import { ordersAfter } from './adjusted-orders.ts';

/** No live order, so that all that orders reserve counts. */
const EXCLUDE_NONE = '';

/**
 * Books all of them or none.
 * @throws Failure KEY_REUSED for an id that stands for another movement or action; REFUSED insufficient-cash or
 *   insufficient-shares where the account would be short at the end, naming the movement
 */
export function withBookings(
  book: PaperBook,
  { movements, actions }: Bookings,
  now: Instant,
): PaperBook {
  const known = new Map(book.flows.map((flow) => [flow.flowId, flow]));
  const fresh = movements.filter((movement) => !isKnown(movement, known.get(movement.flowId)));
  const done = new Map(book.actions.map((action) => [action.actionId, action]));
  const freshActions = actions.filter((action) => !isDone(action, done.get(action.actionId)));
  if (fresh.length + freshActions.length === 0) return book;
  const moved = fresh.reduce((before, movement) => booked(before, movement, now), book);
  const next = freshActions.reduce(acted, moved);
  requireCovered(next, fresh, freshActions);
  return next;
}

function isKnown(movement: BookedMovement, known: BrokerFlow | undefined): boolean {
  if (!known) return false;
  if (canonicalJson(contentOf(movement)) !== canonicalJson(contentOf(known)))
    throw keyReused('This id was used with another movement.', { flowId: movement.flowId });
  return true;
}

function isDone(action: BookedAction, known: BrokerCorporateAction | undefined): boolean {
  if (!known) return false;
  if (canonicalJson(effectOf(action)) !== canonicalJson(effectOf(known)))
    throw keyReused('This action was carried out for another number of shares.', {
      actionId: action.actionId,
    });
  return true;
}

function effectOf({
  kind,
  isin,
  sharesChange,
  newIsin,
  sharesReceived,
  cash,
}: BookedAction | BrokerCorporateAction) {
  const [change, received] = [sharesChange, sharesReceived].map((n) => n?.normalize().toString());
  return { kind, isin, change, newIsin, received, cash: cash?.sign === 0 ? undefined : cash };
}

/** Orders from before its day follow a split, as where the market announces it. */
function acted(book: PaperBook, { symbol, ...action }: BookedAction): PaperBook {
  const { isin, newIsin, newSymbol, sharesChange, sharesReceived, cash } = action;
  const own = action.kind === 'rename' && !newIsin && newSymbol ? newSymbol : symbol;
  const moved = withShares(book, isin, own, sharesChange ?? Decimal.zero);
  const received =
    newIsin && sharesReceived
      ? withShares(moved, newIsin, newSymbol ?? newIsin, sharesReceived)
      : moved;
  return ordersAfter(
    {
      ...received,
      cash: cash ? received.cash.add(cash) : received.cash,
      actions: [...received.actions, action],
    },
    { ...action, day: dayOf(action.happenedAt) },
  );
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

function requireCovered(
  book: PaperBook,
  movements: readonly BookedMovement[],
  actions: readonly BookedAction[],
): void {
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
  const isins = new Set([
    ...movements.flatMap(({ isin }) => isin ?? []),
    ...actions.flatMap(({ isin, newIsin }) => (newIsin ? [isin, newIsin] : isin)),
  ]);
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
