/**
 * Repeated failover under load: several callers place orders, the primary is killed, the replica is
 * promoted by the operator's command, callers retry calls of unknown outcome, and the old server
 * returns as a replica. Acknowledged orders must be there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import { OrderStore, tradeIdOf } from '#shared/trading/order-store.ts';
import executeTrade from '../../functions/trading/execute-trade/handler.ts';
import updatePositions from '../../functions/portfolio/update-positions/handler.ts';
import { promote } from '../../scripts/failover/promotion.ts';
import { openTradingFixture, type TradingFixture } from '../support/brokers/trading-fixture.ts';
import { openRedisPair, untilFollows, type PairedServer, type RedisPair } from './redis-pair.ts';

export interface FailoverRun {
  readonly seed: string;
  readonly rounds: number;
  /** Whether orders wait for the replica's acknowledgement. */
  readonly isProtected: boolean;
}

export interface FailoverReport {
  readonly acknowledged: number;
  /** Acknowledged orders that the promoted server does not have. */
  readonly lost: number;
  /** Answers with an unknown outcome; each was retried with its key. */
  readonly unsure: number;
  /** Client order ids that reached the broker more than once. */
  readonly doubled: number;
  /** Of these, the ones that still had no answer after the promotion. */
  readonly unresolved: number;
  /** From the kill to the first order that was acknowledged by the promoted server. */
  readonly secondsUntilTrading: readonly number[];
}

/** A caller each; a second order of a security waits for the first. */
const SYMBOLS = ['ARVN', 'ALDR', 'CRVN'] as const;
const SYMBOL_AFTER = 'HAVL';
const RESOLVING_TRIES_MAX = 20;
/** The broker is asked about an open order when it can no longer be on its way, and not too often. */
const SETTLED_MS = 31_000;
const ASKED_AGAIN_MS = 5_500;
const ROOMY = {
  ORDERS_PER_DAY_MAX: '10000',
  PAPER_OPENING_CASH: '900000000',
  MINIMUM_ORDER: '1',
  DAY_TURNOVER_MAX_RATIO: '1000',
};

interface Placed {
  readonly symbol: string;
  readonly key: string;
  readonly kind: 'acknowledged' | 'unsure';
}

export async function failoverRounds(
  { seed, rounds, isProtected }: FailoverRun,
  report: (line: string) => void = () => undefined,
): Promise<FailoverReport> {
  const random = seededRandom(seed);
  const pair = await openRedisPair();
  const env = { ...ROOMY, ...(isProtected && { REDIS_REPLICAS: '1' }) };
  const fixture = await openTradingFixture({ url: pair.url }, env);
  const totals = { acknowledged: 0, lost: 0, unsure: 0, unresolved: 0 };
  const seconds: number[] = [];
  try {
    // A refusal is final under its key: the broker's account may not have reached the replica yet.
    for (let i = 0; (await place(fixture, SYMBOL_AFTER, `warm-up-${i}`)) !== 'acknowledged'; i += 1)
      await sleep(20);
    for (let round = 0; round < rounds; round += 1) {
      const done = await oneRound(pair, fixture, random, round);
      totals.acknowledged += done.acknowledged;
      totals.lost += done.lost;
      totals.unsure += done.unsure;
      totals.unresolved += done.unresolved;
      seconds.push(done.seconds);
      report(JSON.stringify({ round, ...done }));
    }
  } finally {
    await fixture.dependencies.close();
    await pair.close();
  }
  const { received } = fixture.broker;
  return {
    ...totals,
    doubled: received.length - new Set(received).size,
    secondsUntilTrading: seconds,
  };
}

async function oneRound(pair: RedisPair, t: TradingFixture, random: Random, round: number) {
  const [primary, replica] = round % 2 === 0 ? pair.servers : [pair.servers[1], pair.servers[0]];
  const placed: Placed[] = [];
  let isUnderLoad = true;
  const load = SYMBOLS.map(async (symbol) => {
    for (let i = 0; isUnderLoad; i += 1) {
      const key = `r${round}-${symbol}-${i}`;
      const kind = await place(t, symbol, key);
      if (kind !== 'refused') placed.push({ symbol, key, kind });
    }
  });
  while (placed.length < SYMBOLS.length) await sleep(10);
  await sleep(random() * 400);
  await strike(primary, replica, random);
  const killedAt = performance.now();
  isUnderLoad = false;
  const prefix = t.dependencies.settings.redisKeyPrefix;
  // Every other time nothing is left but the promoted server until trading has gone on.
  const alone = round % 4 > 1;
  await promote(replica.url, prefix, { alone });
  await Promise.all(load);
  t.clock.advance(SETTLED_MS);
  const lost = await countLost(t, placed);
  if (!alone) await replicaReturns(primary, replica);
  await reconciled(t);
  for (
    let i = 0;
    (await place(t, SYMBOL_AFTER, `r${round}-after-${i}`)) !== 'acknowledged';
    i += 1
  ) {
    t.clock.advance(ASKED_AGAIN_MS);
    await sleep(20);
  }
  const seconds = (performance.now() - killedAt) / 1_000;
  const unsure = placed.filter(({ kind }) => kind === 'unsure');
  let unresolved = 0;
  for (const { symbol, key } of unsure) if (!(await resolved(t, symbol, key))) unresolved += 1;
  if (alone) await replicaReturns(primary, replica);
  const acknowledged = placed.length - unsure.length;
  return { acknowledged, lost, unsure: unsure.length, unresolved, seconds };
}

/** In half of the rounds the replica hangs for a while before the primary dies, as a bad link makes it. */
async function strike(primary: PairedServer, replica: PairedServer, random: Random): Promise<void> {
  const hangs = random() < 0.5;
  if (hangs) {
    replica.signal('SIGSTOP');
    await sleep(20 + random() * 300);
  }
  await primary.kill();
  if (hangs) replica.signal('SIGCONT');
}

/** Its data are older or newer than those of the promoted server; what that has counts. */
async function replicaReturns(old: PairedServer, promoted: PairedServer): Promise<void> {
  await old.start(promoted.port);
  await untilFollows(old);
}

/** As the operator's command ends: books compared with the broker, then the halt is lifted. */
async function reconciled(t: TradingFixture): Promise<void> {
  for (;;) {
    const { status } = await t.call(updatePositions, { forceSync: true }, `sync-${Math.random()}`);
    if (status === 200) break;
    await sleep(20);
  }
  const control = new ControlStore(t.dependencies.database, '/nonexistent');
  await control.set('ACTIVE', '', instantOf(Date.now()));
}

/** The same request with the same key until its answer is no longer open. */
async function resolved(t: TradingFixture, symbol: string, key: string): Promise<boolean> {
  for (let tries = 0; tries < RESOLVING_TRIES_MAX; tries += 1) {
    if ((await place(t, symbol, key)) !== 'unsure') return true;
    t.clock.advance(ASKED_AGAIN_MS);
    await sleep(100);
  }
  return false;
}

async function place(
  t: TradingFixture,
  symbol: string,
  key: string,
): Promise<'acknowledged' | 'unsure' | 'refused'> {
  const order = { isin: t.isin(symbol), side: 'BUY', quantity: 1 };
  const { status, body } = await t.call(executeTrade, order, key);
  if (status === 200) return (body as { success: boolean }).success ? 'acknowledged' : 'refused';
  const { code } = body as { code?: string };
  return code === 'OUTCOME_UNKNOWN' || code === 'UNAVAILABLE' ? 'unsure' : 'refused';
}

async function countLost(t: TradingFixture, placed: readonly Placed[]): Promise<number> {
  const store = new OrderStore(t.dependencies.database);
  let lost = 0;
  for (const { key, kind } of placed) {
    if (kind !== 'acknowledged') continue;
    const trade = tradeIdOf(DEFAULT_ACCOUNT, key);
    const found = await store
      .find(DEFAULT_ACCOUNT, trade)
      .catch(() => store.find(DEFAULT_ACCOUNT, trade));
    if (!found || found.order.state === 'INTENT') lost += 1;
  }
  return lost;
}
