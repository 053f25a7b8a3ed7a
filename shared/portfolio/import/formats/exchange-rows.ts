/** An exchange of currencies: what it took and what it brought, each at what it is worth, and its fee. */
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Read } from './transaction.ts';

interface Exchange {
  readonly at: Instant;
  readonly rowId?: string | undefined;
  /** `EUR.USD` or `EUR/USD`: of the first, so much is bought; it is negative where it is sold. */
  readonly pair: string;
  readonly bought: Decimal;
  /** Change of the cash in the second. */
  readonly paid: Decimal;
  readonly currency: string;
  /** Of `currency`, where the file says it. */
  readonly rate?: Decimal | undefined;
  readonly rateTo?: string | undefined;
  readonly fee?: Decimal | undefined;
  readonly feeCurrency?: string | undefined;
}

export function exchangeRows(exchange: Exchange): readonly Read[] {
  const { at, rowId, pair, bought, paid, currency, rate, rateTo, fee } = exchange;
  const [, first] = /^([A-Z]{3})[./]?[A-Z]{3}/.exec(pair) ?? [];
  if (first === undefined) return [`an exchange of currencies that "${pair}" does not name`];
  const common = { at, rowId } as const;
  const halves: Read[] = [
    { ...common, kind: 'conversion', cash: bought, currency: first },
    { ...common, kind: 'conversion', cash: paid, currency, rate, rateTo },
  ];
  if (!fee || fee.sign === 0) return halves;
  const feeCurrency = exchange.feeCurrency ?? currency;
  return [...halves, { ...common, kind: 'fee', cash: fee, currency: feeCurrency, note: pair }];
}
