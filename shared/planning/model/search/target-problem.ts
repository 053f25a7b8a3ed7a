/** What trading to stated weights rests on. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { OrderMax, PlanLimits } from '../plan-limits.ts';
import type { Instrument } from '../problem.ts';
import type { SaleTax, TaxYear } from '../taxes/sale-tax.ts';
import type { Side } from './sequence.ts';

/** A security that is held or has a weight. */
export interface TargetInstrument extends Pick<
  Instrument,
  | 'isin'
  | 'symbol'
  | 'exchange'
  | 'lot'
  | 'price'
  | 'rate'
  | 'held'
  | 'target'
  | 'keptBecause'
  | 'taxLots'
> {
  /** Whether it may be bought, and sold. */
  readonly buys: boolean;
  readonly sells: boolean;
  /** Most that an order may sell; absent: all that is held. */
  readonly sellMost?: Quantity | undefined;
  /** Why it is not bought or sold, where the policy or the request forbids it. */
  readonly closedBy?: { readonly rule: string; readonly reason: string } | undefined;
}

export interface TargetProblem {
  readonly base: Currency;
  /** The day of the prices. */
  readonly day: CalendarDay;
  readonly cash: Money;
  /** Worth of cash in other currencies, which pays for nothing; absent where there is none. */
  readonly otherCash?: Money | undefined;
  readonly instruments: readonly TargetInstrument[];
  readonly limits: Pick<
    PlanLimits,
    | 'costs'
    | 'depth'
    | 'marginRatio'
    | 'minimumOrder'
    | 'cashReserveRatio'
    | 'cashReserveAmount'
    | 'orderMaxRatio'
    | 'orderMaxAmount'
    | 'specificLots'
  >;
  /** Absent where no gain is taxed. */
  readonly taxYear?: TaxYear | undefined;
  /** Securities with an order under way; they are left alone. */
  readonly live: ReadonlySet<Isin>;
}

export interface TargetOrder {
  readonly instrument: TargetInstrument;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly value: Money;
  /** Of a sale with the tax on its gain, which is owed later and stays in cash until then. */
  readonly cost: Money;
  readonly taxed?: SaleTax | undefined;
  /** The largest order that may be sent, where it would have been larger. */
  readonly cappedAt?: OrderMax | undefined;
}
