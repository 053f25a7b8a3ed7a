/**
 * Dependencies of the handlers in a replay: stores in memory, historical market data, a paper
 * broker, a simulated clock.
 */
import { PaperBroker } from '#shared/clients/broker/paper/paper-broker.ts';
import { dayOf, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { HOUR_MS, later, type Instant } from '#shared/kernel/instant.ts';
import { allLocal } from '#shared/placement/placement.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings, type Environment } from '#shared/process/settings.ts';
import { steadyTimeOf } from '#shared/process/steady-clock.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { Runs } from '#shared/runtime/runs/runs.ts';
import { DirectFunctions } from './direct-functions.ts';
import type { Past } from './past.ts';
import {
  FillMarket,
  PastMarket,
  type Fill,
  type Moment,
  type PastMarketOptions,
} from './past-market.ts';

/** When orders are decided on and filled; the day is the one on which they are filled. */
export type FillTerms = 'close' | 'next-open' | 'next-close';

export interface ReplayStage {
  readonly dependencies: Dependencies;
  readonly market: PastMarket;
  readonly moment: () => Moment;
  /** Moves the clock to a day, whose orders are filled on the policy's terms. */
  goTo(day: CalendarDay, before: CalendarDay): void;
}

export interface StageOptions {
  /** Of every operation that takes part. */
  readonly handlers: readonly OperationHandler[];
  readonly past: Past;
  readonly baseCurrency: Currency;
  /** Settings by their environment names. */
  readonly settings: Environment;
  readonly fill: FillTerms;
  readonly market: PastMarketOptions;
  readonly build: string;
}

/** An hour after the last exchange has closed, or before the first opens. */
const AFTER_CLOSE_MS = 22 * HOUR_MS;
const BEFORE_OPEN_MS = 6 * HOUR_MS;

export function openStage(options: StageOptions): ReplayStage {
  const { past, baseCurrency, fill, build } = options;
  const settings = parseSettings({ ...options.settings, DATA_DIR: '', PLAN_INPUT_DAYS: '0' });
  let moment: Moment = { now: startOf(dayOf(0 as Instant)), knownThrough: dayOf(0 as Instant) };
  let ids = 0;
  const current = (): Moment => moment;
  const fillNow = (): Fill => ({
    day: dayOf(moment.now),
    at: fill === 'next-open' ? 'open' : 'close',
  });
  const market = new PastMarket(past, current, options.market);
  const brokerMarket = new FillMarket(past, current, options.market, fillNow);
  const database = new MemoryDatabase();
  const now = (): Instant => moment.now;
  const dependencies: Dependencies = {
    settings: { ...settings, dataDir: '', baseCurrency },
    baseCurrency,
    build,
    log: silentLog,
    database,
    marketData: market,
    broker: new PaperBroker(settings, {
      ...{ database, baseCurrency, now, marketData: brokerMarket },
      secret: noSecret,
    }),
    functions: new DirectFunctions(options.handlers, () => dependencies),
    placement: allLocal,
    runs: new Runs(database, noQueue, 'replay'),
    tokens: null,
    now,
    steady: steadyTimeOf(now),
    newId: () => {
      ids += 1;
      return ids.toString(16).padStart(32, '0');
    },
    close: () => Promise.resolve(),
  };
  const goTo = (day: CalendarDay, before: CalendarDay): void => {
    moment =
      fill === 'close'
        ? { now: later(startOf(day), AFTER_CLOSE_MS), knownThrough: day }
        : { now: later(startOf(day), BEFORE_OPEN_MS), knownThrough: before };
  };
  return { dependencies, market, moment: current, goTo };
}

function noSecret(name: string): () => string {
  return () => {
    throw new Failure('UNAVAILABLE', `A replay has no secret ${name}.`);
  };
}

function noQueue(): never {
  throw new Failure('BUG', 'Invariant: a replay queues nothing');
}
