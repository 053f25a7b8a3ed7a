/**
 * One installation under test: a Redis database of its own, the outside record, the broker double,
 * prices and a clock. Processes are opened on it and crash; the stage remains. A stage is reset to
 * a saved state before each point.
 */
import { Redis, type Command } from 'ioredis';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Price } from '#shared/kernel/price.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Random } from '#shared/kernel/random.ts';
import { allLocal } from '#shared/placement/placement.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import { parseSettings, type Settings } from '#shared/process/settings.ts';
import { Database } from '#shared/redis/database.ts';
import { isBehind, type Epoch } from '#shared/redis/epoch.ts';
import type { OutsideRecords } from '#shared/redis/outside-records.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { Runs } from '#shared/runtime/runs/runs.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { invoke } from '#template/server.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { FaultPlane, kindOfCommand, noFault, type Fault } from './fault-plane.ts';
import { handlers } from './stage-handlers.ts';
import { EUR, LedgerBroker, type BrokerBook, type Quote } from './ledger-broker.ts';
import { currencies, marketUntil, openingPrices, rates, setCloses } from './market-history.ts';
import { Observations } from '../checks/observations.ts';
import { KEY_PREFIX, PREFIX, type StateServer } from '../redis/state-server.ts';
import { isCommit, watchCommit } from '../checks/watch-commit.ts';

const START_MS = Date.parse('2025-06-11T12:00:00Z');
/** Planted as tokens; no log line and no answer may contain them. */
export const canaries = { write: 'canary-write-5f0c', trade: 'canary-trade-91bd' };

export const PLAN_ORDERS_MAX = 3;

export interface Process {
  readonly dependencies: Dependencies;
  readonly plane: FaultPlane;
}

export interface Kept {
  readonly state: unknown;
  readonly book: BrokerBook;
  readonly record: Epoch | undefined;
}

export class Stage {
  nowMs = START_MS;
  broker: LedgerBroker;
  record: Epoch | undefined;
  prices = new Map(openingPrices);
  observed = new Observations();
  private readonly server: StateServer;
  /** Makes commands; it never connects. */
  private readonly client = new Redis({ lazyConnect: true, keyPrefix: `${KEY_PREFIX}:` });
  private readonly settings: Settings;
  private market = marketUntil(START_MS);
  private marketMoved = false;
  /** Of the processes of this point. */
  private readonly planes: FaultPlane[] = [];

  constructor(server: StateServer) {
    this.server = server;
    this.settings = parseSettings({
      REDIS_URL: 'unix:///nonexistent',
      REDIS_KEY_PREFIX: PREFIX,
      DATA_DIR: '/nonexistent/data',
      BASE_CURRENCY: 'EUR',
      HALF_SPREAD_RATIO: '0',
      CLAIM_LEASE_MS: '60000',
      PLAN_ORDERS_MAX: String(PLAN_ORDERS_MAX),
    });
    this.broker = this.newBroker();
  }

  /** An empty installation that has fetched its prices. */
  async begin(): Promise<void> {
    this.reset();
    await this.server.flush();
    this.record = undefined;
    await this.fetchPrices();
    // The state is put on record outside Redis, as by any installation that has worked.
    await this.open().dependencies.database.epoch.required();
  }

  async keep(): Promise<Kept> {
    return { state: await this.server.keep(), book: this.broker.book, record: this.record };
  }

  async restore({ state, book, record }: Kept): Promise<void> {
    this.reset();
    await this.server.restore(state);
    this.broker.book = book;
    this.record = record;
  }

  /** Our clock is set; no time passes, here or at the broker. */
  jumpClock(byMs: number): void {
    this.nowMs += byMs;
    this.broker.followClock(byMs);
  }

  /** All state in Redis vanishes, as by FLUSHALL or a deleted file. */
  async loseState(): Promise<void> {
    await this.server.flush();
    this.observed.noteLoss(this.broker.received.length);
  }

  /** The lease of dead processes' claims is over; Redis' own clock is not the stage's. */
  async expireClaims(): Promise<void> {
    await this.server.expireClaims();
  }

  /** The last day's closes are fetched again, at the prices of now. */
  async fetchPrices(): Promise<void> {
    this.marketMoved = true;
    setCloses(this.market, this.nowMs, this.prices);
    const { dependencies } = this.open();
    await seedMarket(dependencies, 0.05);
  }

  /** More than a year of prices, as a trading cycle needs them. */
  async fetchHistory(): Promise<void> {
    await seedMarket(this.open().dependencies, 1.1);
  }

  open(fault: Fault = noFault, jitter?: Random): Process {
    const plane = new FaultPlane(fault, jitter);
    this.planes.push(plane);
    const redis = this.guardedRedis(plane);
    const database = new Database(redis, this.recordsOf(plane));
    const host = {
      call: (name: string, ...rest: CallArguments) => invokeByName(name, dependencies, ...rest),
    };
    const direct = inProcessTransport(host, { token: canaries.trade, withoutQueue: true });
    const dependencies: Dependencies = {
      settings: this.settings,
      baseCurrency: EUR,
      build: 'simulation',
      log: this.log(),
      database,
      marketData: this.market,
      broker: guardedBroker(this.broker, plane),
      functions: new FunctionsClient((call) =>
        plane.around('call', `call ${call.name}`, () => direct(call)),
      ),
      placement: allLocal,
      runs: new Runs(database, noQueue, `${PREFIX}:queue`),
      tokens: canaries,
      now: () => this.now(),
      // The clock of the machine jumps with the wall clock here: a day that passes is one.
      steady: () => ({ boot: 'simulated', ms: this.nowMs }),
      newId: () => this.observed.newId(),
      close: () => Promise.resolve(),
    };
    return { dependencies, plane };
  }

  now(): Instant {
    return instantOf(this.nowMs);
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  /**
   * Work that outlived its call ends here. The stage's clock does not run with it: it would seem to have
   * slept, and must not reach into the next point either.
   */
  endProcesses(): void {
    for (const plane of this.planes.splice(0)) plane.kill();
  }

  private reset(): void {
    this.endProcesses();
    this.nowMs = START_MS;
    this.prices = new Map(openingPrices);
    if (this.marketMoved) this.market = marketUntil(START_MS);
    this.marketMoved = false;
    this.broker = this.newBroker();
    this.observed = new Observations();
  }

  private newBroker(): LedgerBroker {
    return new LedgerBroker(
      '10000.00',
      (isin) => this.quote(isin),
      () => this.nowMs,
    );
  }

  private quote(isin: Isin): Quote {
    const currency = currencies.get(isin) ?? 'EUR';
    const price = Price.fromEstimate(this.prices.get(isin) ?? 0, parseCurrency(currency));
    return { price, rate: Decimal.parse(rates[currency]) };
  }

  private guardedRedis(plane: FaultPlane): Redis {
    const { server, observed } = this;
    // The reply is held back until the plane lets it pass; pipelines wait for the command's promise.
    const sendCommand = (command: Command): unknown => {
      const { resolve, reject } = command;
      const send = (): Promise<unknown> => server.send(command);
      plane
        .around(kindOfCommand(command.name), command.name, () =>
          isCommit(command) ? watchCommit(command, send, observed) : send(),
        )
        .then(resolve, reject);
      return command.promise;
    };
    return Object.assign(Object.create(this.client) as Redis, { sendCommand, status: 'ready' });
  }

  private recordsOf(plane: FaultPlane): OutsideRecords {
    return {
      latest: () => Promise.resolve(this.record),
      append: (epoch) =>
        plane.around('record', 'record', async () => {
          const isOlder = this.record?.id === epoch.id && isBehind(epoch, this.record);
          if (!isOlder) this.record = epoch;
        }),
    };
  }

  private log(): Log {
    return openLog('debug', (line) => void this.observed.lines.push(line));
  }
}

type CallArguments =
  Parameters<typeof invokeByName> extends [string, Dependencies, ...infer Rest] ? Rest : never;

async function invokeByName(
  name: string,
  dependencies: Dependencies,
  event: Parameters<typeof invoke>[1],
  context: { readonly callId: string; readonly signal: AbortSignal },
) {
  const handler = handlers[name];
  if (!handler) throw new Error(`the simulation has no function ${name}`);
  const secret = (): Promise<string> => Promise.reject(new Error('no secrets'));
  return invoke(handler, event, { ...context, env: {}, secret, shared: dependencies });
}

function noQueue(): never {
  throw new Error('the simulation has no queue');
}

function guardedBroker(broker: LedgerBroker, plane: FaultPlane): Dependencies['broker'] {
  const { funding } = broker;
  const around = <T>(name: string, act: () => Promise<T>): Promise<T> =>
    plane.around('broker', `broker ${name}`, act);
  return {
    name: broker.name,
    simulated: broker.simulated,
    capabilities: broker.capabilities,
    ping: () => around('ping', () => broker.ping()),
    submit: (order) => around(`submit ${order.clientOrderId}`, () => broker.submit(order)),
    cancel: (account, id) => around('cancel', () => broker.cancel(account, id)),
    findOrder: (account, id) => around('findOrder', () => broker.findOrder(account, id)),
    statement: () => around('statement', () => broker.statement()),
    funding: {
      deposit: (...args) => around('deposit', () => funding.deposit(...args)),
      open: (...args) => around('open', () => funding.open(...args)),
      book: (...args) => around('book', () => funding.book(...args)),
      adopt: (...args) => around('adopt', () => funding.adopt(...args)),
    },
  };
}
