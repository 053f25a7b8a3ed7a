/**
 * The policy of a replay: securities, weights, schedule, and the terms on which orders are filled.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Environment } from '#shared/process/settings.ts';
import type { Period, ReplaySchedule } from './model/schedule.ts';
import type { WeightRule } from './model/weights.ts';
import type { PastMarketOptions } from './past-market.ts';
import type { FillTerms } from './replay-dependencies.ts';

export interface ReplayPolicy {
  readonly name: string;
  /** Symbols; all that have prices, but the benchmark, where absent. */
  readonly securities?: readonly string[] | undefined;
  /** `planner`: the trading cycle finds its own targets. */
  readonly weights: WeightRule | { readonly kind: 'planner' };
  readonly schedule: ReplaySchedule;
  readonly band?: Band | undefined;
  /** False: cash is invested, and nothing is sold. */
  readonly sells: boolean;
  readonly shares: 'whole' | 'fractional';
  readonly fill: FillTerms;
  readonly currency: Currency;
  /** Major units, decimals as text. */
  readonly capital: string;
  readonly deposit?: RecurringDeposit | undefined;
  /** Settings by their environment names; production's defaults where absent. */
  readonly settings: Environment;
  readonly market: PastMarketOptions;
  /** What the owner wants, as docs/use/policy.md describes it; the settings alone where absent. */
  readonly investmentPolicy?: string | undefined;
  /** Whether tax on gains and income is paid from the account, or counted beside it as where absent. */
  readonly taxes?: 'owed' | 'paid' | undefined;
}

/**
 * On a day of the schedule orders are sent where a weight is further from its target than min(absolute,
 * relative x target).
 */
export interface Band {
  readonly absolute: number;
  readonly relative: number;
}

/** Paid in on the first day of trading of each period but the run's first day. */
export interface RecurringDeposit {
  readonly amount: string;
  readonly each: Period;
}

export interface ReplayWindow {
  readonly from: CalendarDay;
  readonly to: CalendarDay;
}
