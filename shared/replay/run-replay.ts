/**
 * Replays a past day by day through the handlers of production. On a day with something to do the
 * clock goes there, a deposit is paid in, and a trading cycle runs; in between the book does not
 * change, and its value is measured at each day's close.
 */
import type { TradingCycleResult } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { universe } from '#shared/contract/universe.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { PriceEnd, SetAside } from './model/replay-report.ts';
import { beginsPeriod, dueDays } from './model/schedule.ts';
import { weightsOf } from './model/weights.ts';
import { answerEarlierJumps } from './earlier-jumps.ts';
import { daysOf, type Past } from './past.ts';
import type { ReplayPolicy, ReplayWindow } from './replay-policy.ts';
import { DailyCloses } from './prices.ts';
import { openStage, type ReplayStage } from './replay-dependencies.ts';
import { actionDaysOf, figuresOf, pricesEndOf, setAsideOf } from './day-results.ts';
import { adoptPolicy, taxesOf, taxRulesOf, type YearTax } from './owner-policy.ts';
import { PaidTaxes } from './paid-taxes.ts';

/** What happened on one day of trading. Amounts in the account's currency, as estimates. */
export interface ReplayDay {
  readonly day: CalendarDay;
  /** Cash and holdings at the close, after the day's orders. */
  readonly value: number;
  readonly cash: number;
  readonly deposit: number;
  /** Sum of the values of the orders that were filled. */
  readonly traded: number;
  readonly charges: number;
  /** Tax that fell due on the day, where it is paid from the account; the value is what is left without it. */
  readonly tax?: number | undefined;
  readonly orders: number;
  /** Whether a trading cycle ran. */
  readonly decided: boolean;
  /** What kept orders back, a sentence each. */
  readonly refusals: readonly string[];
}

export interface ReplayRun {
  readonly days: readonly ReplayDay[];
  readonly capital: number;
  /** By symbol, exact. */
  readonly shares: Readonly<Record<string, string>>;
  readonly cash: string;
  /** Tax on gains and income by tax year, under the rules of the investment policy; absent where it has none. */
  readonly taxes?: readonly YearTax[] | undefined;
  /** Jumps of prices before the run that count as no splits; absent where there are none. */
  readonly jumpsBefore?: number | undefined;
  /** What is held at the end without a price of the last days; absent where there is nothing. */
  readonly pricesEnd?: readonly PriceEnd[] | undefined;
  /** Bars that are no prices, of which the first are named; absent where there are none. */
  readonly setAside?: SetAside | undefined;
}

/** Called after each day. The next one begins when it has resolved; the replay ends where it rejects. */
export type AfterDay = (day: CalendarDay, doneRatio: number) => Promise<void>;

export interface ReplayInputs {
  /** Of every operation that takes part, as production has them. */
  readonly handlers: readonly OperationHandler[];
  readonly past: Past;
  readonly policy: ReplayPolicy;
  readonly window: ReplayWindow;
  readonly build?: string | undefined;
  readonly afterDay?: AfterDay | undefined;
}

export async function runReplay(inputs: ReplayInputs): Promise<ReplayRun> {
  const { past, policy, window, build, handlers } = inputs;
  const stage = openStage({
    past,
    handlers,
    build: build ?? 'replay',
    baseCurrency: policy.currency,
    fill: policy.fill,
    market: policy.market,
    settings: { ...policy.settings, PAPER_OPENING_CASH: policy.capital },
  });
  await adoptPolicy(stage.dependencies, policy.investmentPolicy);
  const rules = policy.taxes === 'paid' ? await taxRulesOf(stage.dependencies) : undefined;
  const taxes = rules && new PaidTaxes(stage.dependencies, rules);
  const run = new Run(stage, past, policy, window, taxes);
  return run.run(inputs.afterDay);
}

class Run {
  private readonly stage: ReplayStage;
  private readonly policy: ReplayPolicy;
  private readonly securities: readonly ListedSecurity[];
  private readonly days: readonly CalendarDay[];
  private readonly closes: DailyCloses;
  private readonly actionDays: ReadonlySet<CalendarDay>;
  private readonly taxes: PaidTaxes | undefined;
  private cash = 0;
  private held: readonly { readonly isin: Isin; readonly quantity: number }[] = [];

  constructor(
    stage: ReplayStage,
    past: Past,
    policy: ReplayPolicy,
    { from, to }: ReplayWindow,
    taxes: PaidTaxes | undefined,
  ) {
    this.stage = stage;
    this.taxes = taxes;
    this.policy = policy;
    this.securities = past.securities.filter(({ isin }) => isin !== past.benchmark);
    const isins = this.securities.map(({ isin }) => isin);
    this.days = daysOf(past, isins, from, to);
    if (this.days.length === 0)
      throw refused('no-days', `The data has no day of trading from ${from} to ${to}.`);
    this.closes = new DailyCloses(past, policy.currency);
    this.actionDays = actionDaysOf(past, this.days);
    this.cash = Number(policy.capital);
  }

  async run(afterDay?: AfterDay): Promise<ReplayRun> {
    const due = dueDays(this.days, this.policy.schedule);
    const jumpsBefore = await this.jumpsBefore();
    const done: ReplayDay[] = [];
    for (const [index, day] of this.days.entries()) {
      done.push(await this.live(day, index, due[index] ?? false));
      await afterDay?.(day, (index + 1) / this.days.length);
    }
    const book = await this.book();
    const shares = this.securities.map(({ isin, symbol }) => [
      symbol,
      quantityOf(book.holdings.get(isin)).toString(),
    ]);
    return {
      days: done,
      capital: Number(this.policy.capital),
      shares: Object.fromEntries(shares) as Record<string, string>,
      cash: book.cash.amount.toString(),
      ...(await taxesOf(this.stage.dependencies)),
      ...(jumpsBefore > 0 && { jumpsBefore }),
      ...pricesEndOf(this.held, this.securities, this.closes, this.days),
      ...setAsideOf(this.securities, this.closes, this.days),
    };
  }

  /** Nothing is suspected where splits are declared. */
  private async jumpsBefore(): Promise<number> {
    const [first] = this.days;
    if (first === undefined || this.policy.market.declaresSplits) return 0;
    this.stage.goTo(first, this.dayBefore(first));
    return answerEarlierJumps(this.stage.dependencies);
  }

  private async live(day: CalendarDay, index: number, isDue: boolean): Promise<ReplayDay> {
    const before = this.days[index - 1];
    this.stage.goTo(day, before ?? this.dayBefore(day));
    if (this.actionDays.has(day)) await this.bookActions(day);
    const deposit = await this.deposit(before, day);
    const tax = this.taxes && (await this.taxes.fallDue(day)).toEstimate();
    await this.payTaxes(day);
    const result = isDue ? await this.decide(day, before) : undefined;
    await this.payTaxes(day);
    const last = index === this.days.length - 1 ? await this.taxes?.fallDueAtEnd() : undefined;
    return {
      ...{ day, deposit, ...figuresOf(result, (of) => this.rateOf(of)), cash: this.cash },
      value: this.valueOn(day) - this.owed,
      ...(tax !== undefined && { tax: tax + (last?.toEstimate() ?? 0) }),
    };
  }

  /** At which the orders of the moment were settled. */
  private rateOf(currency: string): number {
    return this.closes.rateOf(parseCurrency(currency), this.stage.moment().knownThrough) ?? NaN;
  }

  private get owed(): number {
    return this.taxes?.owed.toEstimate() ?? 0;
  }

  /** As far as there is cash. */
  private async payTaxes(day: CalendarDay): Promise<void> {
    if (!this.taxes || this.taxes.owed.sign <= 0) return;
    const { cash } = await this.book();
    if (await this.taxes.pay(cash, day)) await this.refresh();
  }

  /** Of the first day of the run; decisions before the open rest on it. */
  private dayBefore(day: CalendarDay): CalendarDay {
    const known = this.securities.flatMap(({ isin }) => this.closes.dayBefore(isin, day) ?? []);
    return known.sort().at(-1) ?? day;
  }

  private async deposit(before: CalendarDay | undefined, day: CalendarDay): Promise<number> {
    const { deposit, currency } = this.policy;
    if (!deposit || !beginsPeriod(before, day, deposit.each)) return 0;
    await this.stage.dependencies.functions.call(
      gateway.processDeposit,
      { amount: { amount: deposit.amount, currency } },
      this.options(`deposit-${day}`),
    );
    await this.refresh();
    return Number(deposit.amount);
  }

  /** Prices bring the actions, and the statement what the broker did for them. */
  private async bookActions(day: CalendarDay): Promise<void> {
    const { functions } = this.stage.dependencies;
    const options = this.options(`actions-${day}`);
    await functions.call(universe.syncPrices, {}, options);
    await functions.call(portfolio.updatePositions, { forceSync: true }, options);
    await this.refresh();
  }

  private async decide(
    day: CalendarDay,
    before: CalendarDay | undefined,
  ): Promise<TradingCycleResult | undefined> {
    const targets = this.targets(before ?? this.dayBefore(day));
    if (targets) this.requirePrices(targets, day);
    if (targets && before !== undefined && !this.isOutside(targets, day)) return undefined;
    // Its last message: nobody follows the progress of a day.
    const last = await this.stage.dependencies.functions.call(
      gateway.triggerTradingCycle,
      { targetWeights: targets ?? {}, buysOnly: !this.policy.sells },
      this.options(`cycle-${day}`),
    );
    if (!last.complete || last.error !== '')
      throw new Failure('UPSTREAM_BROKEN', `${day}: ${last.error || 'the cycle did not end'}`);
    await this.refresh();
    return last.result;
  }

  /** Undefined where the cycle finds its own. */
  private targets(before: CalendarDay): Record<string, number> | undefined {
    const { weights: rule } = this.policy;
    if (rule.kind === 'planner') return undefined;
    const symbols = this.securities.map(({ symbol }) => symbol);
    const columns = this.securities.map(({ isin }) => this.closes.upTo(isin, before));
    const weights = weightsOf(rule, symbols, columns);
    const investedRatio = (1 - this.stage.dependencies.settings.cashReserveRatio) * this.ownRatio();
    return Object.fromEntries(
      this.securities.map(({ isin }, i) => [isin, (weights[i] ?? 0) * investedRatio]),
    );
  }

  /** @throws Failure REFUSED naming the securities that a target is stated of before their first price */
  private requirePrices(targets: Record<string, number>, day: CalendarDay): void {
    const seen = this.seenOn(day);
    const priceless = this.securities.filter(
      ({ isin }) => (targets[isin] ?? 0) > 0 && this.closes.upTo(isin, seen).length === 0,
    );
    if (priceless.length === 0) return;
    const names = priceless.map(({ symbol }) => symbol).join(', ');
    const advice = 'Begin the run later, or leave them out of the securities of the policy.';
    throw refused('prices-missing', `${day}: no price of ${names} is known yet. ${advice}`);
  }

  /** The last day whose close counts for a decision. */
  private seenOn(day: CalendarDay): CalendarDay {
    return this.policy.fill === 'close' ? day : this.stage.moment().knownThrough;
  }

  /** Share of the value that is not owed as tax; the rest is to be had in cash. */
  private ownRatio(): number {
    const { owed } = this;
    if (owed <= 0) return 1;
    return Math.max(0, 1 - owed / this.valueOn(this.stage.moment().knownThrough));
  }

  /** Whether a weight has left its band; always, where there is none. */
  private isOutside(targets: Record<string, number>, day: CalendarDay): boolean {
    const { band } = this.policy;
    if (!band) return true;
    const seen = this.seenOn(day);
    const worths = this.held.map(
      ({ isin, quantity }) => [isin, quantity * (this.closes.worthKnown(isin, seen) ?? 0)] as const,
    );
    const total = worths.reduce((sum, [, worth]) => sum + worth, this.cash);
    const worthOf = new Map(worths);
    return this.securities.some(({ isin }) => {
      const target = targets[isin] ?? 0;
      return (
        Math.abs((worthOf.get(isin) ?? 0) / total - target) >
        Math.min(band.absolute, band.relative * target)
      );
    });
  }

  private valueOn(day: CalendarDay): number {
    return this.held.reduce(
      (sum, { isin, quantity }) => sum + quantity * (this.closes.worthOf(isin, day) ?? 0),
      this.cash,
    );
  }

  private async refresh(): Promise<void> {
    const { cash, holdings } = await this.book();
    this.cash = cash.toEstimate();
    this.held = [...holdings.values()].map((holding) => ({
      isin: holding.isin,
      quantity: quantityOf(holding).toEstimate(),
    }));
  }

  private book() {
    const { database, baseCurrency } = this.stage.dependencies;
    return new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT);
  }

  /** A signal of its own for each call: what listens to it is let go with the call. */
  private options(key: string) {
    return { signal: new AbortController().signal, requestId: key, idempotencyKey: key };
  }
}
