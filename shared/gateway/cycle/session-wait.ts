/** Orders of a plan that wait for the session of their exchange. */
import type { PlannedAction } from '#protos/gen/planning.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { isoText, later, type Instant } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { tradesFrom } from '#shared/quant/calendars/session-schedule.ts';
import { tradeIdOf } from '#shared/trading/model/trade-id.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { orderKey } from '../model/cycle.ts';
import type { Cycle } from './cycle-run.ts';
import { endOfOrder } from './plan-terms.ts';

/** Clocks of broker and exchange differ a little. */
const AFTER_OPEN_MS = 5_000;

/** From when an order may be sent, where that is later than now. */
export interface SessionWait {
  readonly until: Instant;
  readonly exchange: string;
  readonly side: string;
}

/**
 * Why an order of the plan is not sent yet: its exchange is closed, or it is a purchase and sales that may pay
 * for it wait. An order that was begun is brought to its end, and none waits for longer than it may be sent.
 * @param waiting orders before it that wait
 */
export async function waitOf(
  cycle: Cycle,
  action: PlannedAction,
  index: number,
  waiting: readonly SessionWait[],
): Promise<SessionWait | undefined> {
  if (await isBegun(cycle, index)) return undefined;
  const own = await sessionWait(cycle, action);
  const sales = waiting.filter(({ side }) => side === 'SELL');
  const wait = own ?? (action.side === 'BUY' ? sales.at(0) : undefined);
  if (!wait) return undefined;
  const { until: end } = await endOfOrder(cycle, action);
  return end !== undefined && end <= wait.until ? undefined : { ...wait, side: action.side };
}

async function isBegun(cycle: Cycle, index: number): Promise<boolean> {
  const { id, accountId } = cycle.requiredPlan;
  const tradeId = tradeIdOf(accountId as AccountId, orderKey(id, index));
  const order = await new StoredOrders(cycle.context.database).find(tradeId);
  return order !== undefined && order.state !== 'INTENT';
}

/**
 * The opening that an order has to wait for; undefined where it need not, or where nobody knows one. Only a run
 * of the queue can wait: nobody would carry on a call that is answered directly.
 */
async function sessionWait(
  cycle: Cycle,
  { isin, side }: PlannedAction,
): Promise<SessionWait | undefined> {
  const { database, marketData, run } = cycle.context;
  if (run === undefined) return undefined;
  const security = await new StoredMarket(database).security(parseIsin(isin));
  if (!security) return undefined;
  const { exchange } = security;
  const now = cycle.context.now();
  if (isOpen(() => marketData.session(exchange, now).open)) return undefined;
  const opens = tradesFrom(exchange, now);
  return opens === undefined || opens <= now
    ? undefined
    : { until: later(opens, AFTER_OPEN_MS), exchange, side };
}

/** An exchange that nobody knows is left to the checks of the order. */
function isOpen(ask: () => boolean): boolean {
  try {
    return ask();
  } catch (thrown) {
    if (Failure.from(thrown).code === 'NOT_FOUND') return true;
    throw thrown;
  }
}

/** The run ends for now and goes on at the earliest opening, with the same keys. */
export function postponed(cycle: Cycle, waits: readonly SessionWait[]): Failure {
  const first = waits.reduce((a, b) => (b.until < a.until ? b : a));
  const exchanges = [...new Set(waits.map(({ exchange }) => exchange))].join(', ');
  const orders = waits.length === 1 ? '1 order waits' : `${waits.length} orders wait`;
  return new Failure(
    'UNAVAILABLE',
    `${orders} for the session of ${exchanges}. The cycle ${cycle.id} goes on at ${isoText(first.until)}.`,
    { cycleId: cycle.id, resumeAfterMs: Math.max(0, first.until - cycle.context.now()) },
  );
}
