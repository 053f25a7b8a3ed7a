/**
 * A board's trading, as a process that can be killed: node <bundle> REDIS_URL PREFIX LOG ELAPSED_MS SYMBOL…
 * Places orders one after the other and asks again for what is open. Lines of JSON on stdout: an answer
 * each. LOG gets the number of each order that reaches the broker, before the broker acts.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantOf } from '#shared/kernel/instant.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import executeTrade from '../../functions/trading/execute-trade/handler.ts';
import { openTradingFixture } from '../support/brokers/trading-fixture.ts';

interface Answer {
  readonly success?: boolean;
  readonly code?: string;
  readonly rule?: string;
  readonly tradeId?: string;
  /** Of an order that was denied. */
  readonly errors?: readonly { readonly code: string }[];
}

const [url = '', prefix = '', log = '', elapsedMs = '0', ...symbols] = process.argv.slice(2);
const REPLICATION = { replicas: 1, timeoutMs: 1_000, unreplicated: 'refuse' } as const;
const STATUS_PERIOD_MS = 250;
const fixture = await openTradingFixture(
  { url },
  {
    REDIS_KEY_PREFIX: prefix,
    REDIS_REPLICAS: String(REPLICATION.replicas),
    REDIS_REPLICATION_TIMEOUT_MS: String(REPLICATION.timeoutMs),
    ORDERS_PER_DAY_MAX: '10000',
    PAPER_OPENING_CASH: '900000000',
    MINIMUM_ORDER: '1',
    DAY_TURNOVER_MAX_RATIO: '1000',
  },
);
const { broker, clock, dependencies } = fixture;
const submit = broker.submit.bind(broker);
broker.submit = (order) => {
  appendFileSync(log, `${order.clientOrderId}\n`, { flush: true });
  return submit(order);
};

/** The clock of the market runs faster, so that waits of the order engine fit into a round. */
const FASTER = 10;
const TICK_MS = 100;
clock.advance(Number(elapsedMs) * FASTER);
let tickedAt = Date.now();
setInterval(() => {
  // By the time that passed: on a busy machine ticks come late, and the clocks of the boards would part.
  const at = Date.now();
  clock.advance((at - tickedAt) * FASTER);
  tickedAt = at;
}, TICK_MS);

/** Commands of the test: the clock is wrong by so much, or a promotion's halt is lifted. */
createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, value] = line.split(' ');
  if (command === 'skew') clock.advance(Number(value));
  if (command === 'resume')
    void new ControlStore(dependencies.database, '/nonexistent')
      .set('ACTIVE', '', instantOf(Date.now()))
      .catch(() => undefined);
});

/** How many shares are traded at a time. */
const listed = await dependencies.marketData.listing(AbortSignal.timeout(10_000));
const lots = new Map(listed.map(({ symbol, lot }) => [symbol, Number(lot)]));

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
say({ ready: true });

/** The status as another process has it, which knows nothing of this one's attempts. */
const { replication } = new Database(connectRedis(url, prefix), undefined, REPLICATION);
void (async () => {
  for (; ; await sleep(STATUS_PERIOD_MS)) {
    const startedAt = Date.now();
    const kind = await replication.state().then(
      (state) => state.kind,
      () => 'unknown',
    );
    say({ replication: kind, startedAt });
  }
})();

for (let i = 0; ; i += 1) {
  const symbol = symbols[i % symbols.length] ?? '';
  const key = `${symbol}-${elapsedMs}-${i}`;
  for (;;) {
    const order = { isin: fixture.isin(symbol), side: 'BUY', quantity: lots.get(symbol) };
    const startedAt = Date.now();
    const { status, body } = await fixture.call(executeTrade, order, key);
    const { success, code, tradeId, errors, ...facts } = body as Answer;
    const rule = facts.rule ?? errors?.map((error) => error.code).join(' ');
    const isOpen = code === 'OUTCOME_UNKNOWN' || code === 'UNAVAILABLE' || code === 'TOO_BUSY';
    say({ key, status, success, code, rule, tradeId, startedAt, at: Date.now() });
    if (!isOpen) break;
    await sleep(100);
  }
  await sleep(20);
}
