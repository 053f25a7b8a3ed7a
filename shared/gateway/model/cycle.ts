/** A trading cycle: its progress, its orders, and its report. */
import type { CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import type { Instant, SteadyTime } from '#shared/kernel/instant.ts';
import type { Money } from '#shared/kernel/money.ts';

/** Amounts as they travel. */
export interface WireAmount {
  amount: string;
  currency: string;
}

/** What the account held at one moment, as it travels. */
export interface Snapshot {
  portfolioHash: string;
  totalValue: WireAmount | undefined;
  cash: WireAmount | undefined;
  holdings: SnapshotHolding[];
}

export interface SnapshotHolding {
  isin: string;
  symbol: string;
  quantity: number;
  /** In the account's base currency. */
  marketValue: WireAmount | undefined;
  weightRatio: number;
}

/** An order of the plan that was sent, with its known state. It is never sent again. */
export interface SentOrder {
  readonly tradeId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: number;
  readonly price?: WireAmount | undefined;
  readonly success: boolean;
  /** Why it did not go through; empty when it did. */
  readonly error: string;
}

export interface CycleRecord {
  readonly id: CycleId;
  readonly dryRun: boolean;
  readonly buysOnly: boolean;
  readonly startedAt: Instant;
  /** Names of the steps that were finished, in their order. */
  readonly stepsDone: readonly string[];
  readonly before?: Snapshot | undefined;
  readonly planId?: PlanId | undefined;
  /** From this step on the plan is fixed: a resumed cycle executes this plan and makes no other. */
  readonly executionBegan: boolean;
  /** By the order's place in the plan. */
  readonly sent: Readonly<Record<string, SentOrder>>;
  /** The order that was last handed to the trading service. */
  readonly attempt?: OrderAttempt | undefined;
  /** A plan that was given up before any of its orders was sent, and why. */
  readonly replaced?: ReplacedPlan | undefined;
  /** The owner's approval of the plan. */
  readonly approval?: CycleApproval | undefined;
  readonly endedAt?: Instant | undefined;
  /** Why it ended before any order; another attempt begins it again. */
  readonly failure?: string | undefined;
  /** Cancelled among its orders; it is not resumed. */
  readonly cancelled?: boolean | undefined;
  /** Of the attempt that carries it out; only that one writes. Absent in records of earlier builds. */
  readonly fence?: number | undefined;
}

export interface OrderAttempt {
  readonly tradeId: string;
  readonly at: Instant;
  /** Absent in records of earlier builds. */
  readonly steady?: SteadyTime | undefined;
}

export interface CycleApproval {
  readonly digest: string;
  /** Until when the approved plan may be executed. */
  readonly until: Instant;
}

export interface ReplacedPlan {
  readonly planId: string;
  readonly why: string;
}

export function newCycle(
  start: Pick<CycleRecord, 'id' | 'dryRun' | 'buysOnly' | 'startedAt'>,
): CycleRecord {
  return { ...start, stepsDone: [], executionBegan: false, sent: {} };
}

export function withStepDone(cycle: CycleRecord, step: string): CycleRecord {
  return cycle.stepsDone.includes(step)
    ? cycle
    : { ...cycle, stepsDone: [...cycle.stepsDone, step] };
}

/** A cycle that failed before its orders, taken up by another attempt. */
export function begunAgain(cycle: CycleRecord): CycleRecord {
  if (cycle.failure === undefined) return cycle;
  const { endedAt: _endedAt, failure: _failure, ...rest } = cycle;
  return rest;
}

/** The cycle as it was before it planned; it plans anew. */
export function withoutPlan(cycle: CycleRecord, replaced: ReplacedPlan): CycleRecord {
  const { planId: _planId, attempt: _attempt, approval: _approval, ...rest } = cycle;
  return { ...rest, stepsDone: [], executionBegan: false, sent: {}, replaced };
}

/** The idempotency key of an order of a plan: the same for each sender and each attempt. */
export function orderKey(planId: string, index: number): string {
  return `${planId}-${index}`;
}

/** What an order moved, in the account's currency. */
export interface SettledAmounts {
  readonly side: 'BUY' | 'SELL';
  /** Change of the cash balance, charges included; negative for a buy. */
  readonly settlement: Money;
  readonly commission: Money;
  readonly fees: Money;
}

/** @returns invested: the value of what was bought, without charges; charged: all charges */
export function totals(
  trades: readonly SettledAmounts[],
  zero: Money,
): { invested: Money; charged: Money } {
  let [invested, charged] = [zero, zero];
  for (const { side, settlement, commission, fees } of trades) {
    const charges = commission.add(fees);
    charged = charged.add(charges);
    if (side === 'BUY') invested = invested.subtract(settlement).subtract(charges);
  }
  return { invested, charged };
}

/** `2 of 3 orders went through`, and what failed. */
export function ordersText(sent: readonly SentOrder[]): string {
  const failed = sent.filter((order) => !order.success);
  const through = `${sent.length - failed.length} of ${countText(sent.length, 'order')} went through`;
  if (failed.length === 0) return `${through}.`;
  const reasons = failed.map((order) => `${order.side} ${order.symbol}: ${order.error}`);
  return `${through}; not: ${reasons.join('; ')}`;
}

export function countText(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
