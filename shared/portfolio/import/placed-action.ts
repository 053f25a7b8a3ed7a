/** A corporate action of a file, checked against the shares that were held, as it is booked. */
import type { BookedAction } from '#shared/clients/broker/broker.ts';
import { dayOf, daysBetween } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import { QUANTITY_DECIMALS_MAX, type Quantity } from '#shared/kernel/quantity.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { ImportedAction, ImportedActionKind, SharesRatio } from './formats/transaction.ts';
import { wrong } from './wrong.ts';

/** A broker books it within days of the ex-date. */
const DAYS_APART_MAX = 7;

export interface ActionPlace {
  readonly actionId: string;
  readonly isin: Isin;
  readonly symbol: string;
  /** From before it. */
  readonly held: Quantity;
  readonly cash?: Money | undefined;
  /** What the market says of the same action. */
  readonly declared?: CorporateAction | undefined;
}

/** @throws Failure INVALID_REQUEST where the file contradicts the account, or says too little */
export function placedAction(action: ImportedAction, place: ActionPlace): BookedAction {
  const { held, isin, declared } = place;
  if (held.sign <= 0)
    throw wrong(`no shares of ${isin} were held before it: import what came before it first`);
  if (action.sharesBefore && !action.sharesBefore.equals(held))
    throw wrong(
      `it is of ${action.sharesBefore} shares of ${isin}, and ${held} were held before it: import what came before it first`,
    );
  const newIsin = action.newIsin ? parseIsin(action.newIsin.toUpperCase()) : undefined;
  const newSymbol = symbolIn(action.newSymbol);
  const costRatio = action.costRatio ?? declared?.costRatio;
  return {
    ...{ actionId: place.actionId, kind: action.kind, isin, symbol: place.symbol },
    ...(newIsin && { newIsin }),
    ...(newSymbol !== undefined && { newSymbol }),
    ...(costRatio && { costRatio }),
    ...effectOf(action, held, { newIsin, newSymbol, costRatio }),
    ...(place.cash && place.cash.sign !== 0 && { cash: place.cash }),
    ...(action.kind === 'merger' && !newIsin && { cash: place.cash }),
    happenedAt: action.at,
  };
}

type Effect = Pick<BookedAction, 'newShares' | 'oldShares' | 'sharesChange' | 'sharesReceived'>;

function effectOf(
  action: ImportedAction,
  held: Quantity,
  to: {
    readonly newIsin: Isin | undefined;
    readonly newSymbol: string | undefined;
    readonly costRatio: Decimal | undefined;
  },
): Effect {
  const ends = { sharesChange: held.negate() };
  switch (action.kind) {
    case 'split':
    case 'stock-dividend':
      return multiplied(action, held);
    case 'spin-off':
      if (!to.newIsin) throw wrong('it names no new security');
      if (!to.costRatio)
        throw wrong(
          'it does not say which part of the cost goes to the new shares: declare it by trader action spin-off with --cost-ratio, and import again',
        );
      return { sharesReceived: received(action, held), ...ratioOf(action, held) };
    case 'merger':
      if (!to.newIsin && !action.cash) throw wrong('it says neither new shares nor cash');
      return to.newIsin
        ? { ...ends, sharesReceived: received(action, held), ...ratioOf(action, held) }
        : ends;
    case 'rename':
      if (!to.newIsin && to.newSymbol === undefined) throw wrong('it says no new name');
      return to.newIsin ? { ...ends, sharesReceived: held } : { sharesChange: Decimal.zero };
    case 'delisting':
      return ends;
  }
}

/** What the file says of the shares afterwards; by the ratio where it says no number. */
function multiplied(action: ImportedAction, held: Quantity): Effect {
  const { kind, sharesAfter, sharesChange } = action;
  const byRatio = action.ratio && sharesBy(kind, action.ratio, held);
  const after = sharesAfter ?? (sharesChange ? held.add(sharesChange) : byRatio);
  if (!after) throw wrong('it says neither a ratio nor a number of shares');
  if (after.sign <= 0) throw wrong(`it leaves ${after} of ${held} shares`);
  if (byRatio && byRatio.subtract(after).absolute().compare(Decimal.one) >= 0)
    throw wrong(`by its ratio ${held} shares become ${byRatio}, and it says ${after}`);
  const terms = action.ratio ?? { newShares: after, oldShares: held };
  const isWhole = kind === 'split' || action.ratio !== undefined;
  return {
    ...(isWhole && terms),
    sharesChange: after.subtract(held).normalize(),
  };
}

function sharesBy(kind: ImportedActionKind, ratio: SharesRatio, held: Quantity): Quantity {
  const { newShares, oldShares } = ratio;
  const made = held.multiply(newShares).divide(oldShares, QUANTITY_DECIMALS_MAX, 'half-even');
  return (kind === 'stock-dividend' ? held.add(made) : made).normalize();
}

function received({ sharesReceived, ratio }: ImportedAction, held: Quantity): Quantity {
  const made = sharesReceived ?? (ratio && sharesBy('split', ratio, held));
  if (!made || made.sign <= 0) throw wrong('it says no new shares');
  return made.normalize();
}

function ratioOf(action: ImportedAction, held: Quantity): SharesRatio {
  return action.ratio ?? { newShares: received(action, held), oldShares: held };
}

const sizing: readonly string[] = ['split', 'stock-dividend'];

/** Whether two statements of an action are of the same one, whoever made them. */
export function isSameAction(
  one: { readonly kind: string; readonly isin?: Isin | undefined; readonly at: Instant },
  other: { readonly kind: string; readonly isin?: Isin | undefined; readonly at: Instant },
): boolean {
  const isOneKind =
    one.kind === other.kind || (sizing.includes(one.kind) && sizing.includes(other.kind));
  const [first, second] = [dayOf(one.at), dayOf(other.at)].toSorted();
  return (
    isOneKind &&
    one.isin === other.isin &&
    first !== undefined &&
    second !== undefined &&
    daysBetween(first, second) <= DAYS_APART_MAX
  );
}

/** Names of companies are no symbols. */
export function symbolIn(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:/-]{1,32}$/.test(text) ? text : undefined;
}
