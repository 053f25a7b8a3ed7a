/** A movement that the owner enters, checked field by field, as the broker books it. */
import type { BookedMovement } from '#shared/clients/broker/broker.ts';
import type { portfolio } from '#shared/contract/portfolio.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import { startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';

type Request = RequestOf<typeof portfolio.bookMovement>;

/** What the market says of the security that is named. */
export interface MovementTerms {
  readonly base: Currency;
  readonly today: CalendarDay;
  readonly security?: { readonly symbol: string; readonly currency: Currency } | undefined;
  /** Of the price's currency into the account's. */
  readonly rate?: Decimal | undefined;
}

/** Cash that leaves the account. */
const outgoing = new Set(['withdrawal', 'fee', 'tax']);
/** May go either way; the sign of the amount says which. */
const eitherWay = new Set(['interest', 'tax']);

/** @throws Failure INVALID_REQUEST naming every field that is wrong */
export function ownerMovement(
  flowId: string,
  request: Request,
  terms: MovementTerms,
): BookedMovement {
  const violations = isTransfer(request)
    ? transferViolations(request, terms)
    : cashViolations(request, terms);
  if (request.day && request.day > terms.today)
    violations.push({ field: 'day', message: `is after today, ${terms.today}` });
  if (violations.length > 0) throw invalidRequest(...violations);
  const { kind, isin, price, note, day } = request;
  const { security } = terms;
  return {
    flowId,
    kind,
    amount: signed(request, terms.base),
    ...(isin && { isin }),
    ...(isTransfer(request) && { quantity: request.quantity }),
    ...(kind === 'transfer-in' && price && { price, exchangeRate: terms.rate }),
    ...(isin && { symbol: request.symbol || security?.symbol || isin }),
    source: 'owner',
    ...(note && { note }),
    ...(day && day < terms.today && { happenedAt: startOf(day) }),
  };
}

function isTransfer({ kind }: Pick<Request, 'kind'>): boolean {
  return kind === 'transfer-in' || kind === 'transfer-out';
}

function signed({ kind, amount }: Request, base: Currency): Money {
  if (!amount) return Money.zero(base);
  return outgoing.has(kind) ? amount.negate() : amount;
}

function cashViolations({ kind, amount, isin, quantity, price }: Request, { base }: MovementTerms) {
  const violations: FieldViolation[] = [];
  const add = (field: string, message: string) => void violations.push({ field, message });
  if (!amount || amount.sign === 0) add('amount', 'is needed');
  else if (amount.currency !== base) add('amount.currency', `the account is kept in ${base}`);
  else if (amount.sign < 0 && !eitherWay.has(kind)) add('amount', 'is above 0');
  if (kind === 'dividend' && !isin) add('isin', 'is needed for a dividend');
  if (quantity.sign > 0) add('quantity', `does not belong to a ${kind}`);
  if (price) add('price', `does not belong to a ${kind}`);
  return violations;
}

function transferViolations(request: Request, { security, rate }: MovementTerms): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const { kind, amount, isin, quantity, price } = request;
  const add = (field: string, message: string) => void violations.push({ field, message });
  if (amount && amount.sign !== 0) add('amount', `does not belong to a ${kind}`);
  if (!isin) add('isin', `is needed for a ${kind}`);
  if (quantity.sign === 0) add('quantity', 'is above 0');
  if (price && kind === 'transfer-out') add('price', 'does not belong to a transfer-out');
  if (price && security && price.currency !== security.currency)
    add('price.currency', `${security.symbol} is priced in ${security.currency}`);
  if (price && !rate) add('price.currency', `there is no exchange rate for ${price.currency}`);
  return violations;
}
