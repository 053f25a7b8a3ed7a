/**
 * Invariants checked after every point. Each is a function that returns a description of the
 * violation; nothing where it holds. docs/develop/simulation.md defines each and names the fault that
 * covers it.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import type { CycleRecord } from '#shared/gateway/model/cycle.ts';
import { CycleStore } from '#shared/gateway/cycle-store.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import { replay } from '../../support/book-of-ledger.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { isBehind, type Epoch } from '#shared/redis/epoch.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { ask } from '../stage/ask.ts';
import { EUR, isUnlisted, type BrokerBook, type Received } from '../stage/ledger-broker.ts';
import type { Answer, Observations } from './observations.ts';
import { PLAN_ORDERS_MAX, canaries, type Stage } from '../stage/stage.ts';

export interface Judged {
  /** Trades that were asked for, by id. */
  readonly trades: readonly string[];
  /** Orders that may be at the broker at the most. */
  readonly orders: number;
  /** Numbers that the broker had before. */
  readonly ordersBefore: readonly string[];
  readonly deposits: number;
  /** Cycles that were asked for, by id. */
  readonly cycles: readonly CycleId[];
  /** Nobody asked again after the mishap. */
  readonly isAbandoned: boolean;
  readonly stateWasLost: boolean;
  /** Number of the order that a process was about to hand to the broker when it fell asleep. */
  readonly lateOrder: string | undefined;
  /** Prices moved while orders were on their way. */
  readonly pricesMoved: boolean;
}

/** Input of the invariants. */
export interface Evidence extends Judged {
  readonly book: Book;
  readonly ledger: readonly LedgerEntry[];
  readonly orderBook: readonly OrderRecord[];
  readonly broker: BrokerBook;
  readonly received: readonly Received[];
  readonly observed: Observations;
  /** Of the cycles, as they are stored. */
  readonly cycleRecords: readonly CycleRecord[];
  /** Plans that the cycles carried out. */
  readonly plans: readonly Plan[];
  readonly reads: readonly (readonly [string, string])[];
  /** Epochs as they were put on record, in that order. */
  readonly epochs: readonly Epoch[];
}

type Invariant = (evidence: Evidence) => string | undefined;

/** I1: cash is what moved it, at the broker and in the book, to the cent; and never below zero. */
function cashIsConserved({ book, broker }: Evidence): string | undefined {
  const moved = [
    ...broker.flows.map(({ amount }) => amount),
    ...broker.fills.map(({ settlement }) => settlement),
  ];
  const sum = Money.sum(moved, EUR);
  if (!sum.equals(broker.cash)) return `the movements make ${sum}, the broker has ${broker.cash}`;
  if (broker.cash.sign < 0) return `the broker's cash is ${broker.cash}`;
  if (!book.cash.equals(broker.cash)) return `booked ${book.cash}, the broker has ${broker.cash}`;
  return undefined;
}

/** I2: a position is the sum of its fills, the same at the broker and in the book; never short. */
function positionsAreConserved({ book, broker }: Evidence): string | undefined {
  for (const [isin, held] of broker.holdings) {
    const net = broker.fills
      .filter((fill) => fill.isin === isin)
      .reduce(
        (sum, { side, quantity }) => (side === 'BUY' ? sum.add(quantity) : sum.subtract(quantity)),
        Decimal.zero,
      );
    if (!net.equals(held) || held.sign < 0) return `${isin}: fills make ${net}, held ${held}`;
    const holding = book.holdings.get(isin);
    const booked = holding ? quantityOf(holding) : Decimal.zero;
    if (!booked.equals(held)) return `${isin}: booked ${booked}, the broker holds ${held}`;
  }
  return undefined;
}

/** I3: a number is submitted once, a request makes one order, and each order is stored here. */
function ordersAreSentOnce(evidence: Evidence): string | undefined {
  const { received, orderBook, stateWasLost, plans } = evidence;
  const planned = stateWasLost
    ? PLAN_ORDERS_MAX * evidence.cycles.length
    : plans.reduce((sum, { actions }) => sum + actions.length, 0);
  const orders = evidence.orders + planned;
  const numbers = received.map(({ clientOrderId }) => clientOrderId);
  const all = [...evidence.ordersBefore, ...numbers];
  const twice = all.find((number, index) => all.indexOf(number) !== index);
  if (twice !== undefined) return `${twice} was submitted twice`;
  if (numbers.length > orders) return `${numbers.length} orders for ${orders} requests`;
  const stored = new Set(orderBook.map(({ clientOrderId }) => clientOrderId));
  const foreign = numbers.find((number) => !stored.has(number));
  return foreign === undefined || stateWasLost ? undefined : `${foreign} is not stored here`;
}

/** I4: each order becomes final, or is open at the broker, or waits for a person with an alarm. */
function ordersEnd({ orderBook, observed }: Evidence): string | undefined {
  const restful = [
    'FILLED',
    'CANCELLED',
    'EXPIRED',
    'REJECTED',
    'DENIED',
    'ABSENT',
    'ACCEPTED',
    'CANCEL_PENDING',
  ];
  for (const { tradeId, state } of orderBook) {
    if (restful.includes(state)) continue;
    const alarmed = observed.lines.some((line) => line.includes('order-needs-human'));
    if (state === 'NEEDS_HUMAN' && alarmed) continue;
    return `${tradeId} is left ${state}`;
  }
  return undefined;
}

/** I4: so does each cycle, and its plan. */
function cyclesEnd(evidence: Evidence): string | undefined {
  const { cycleRecords, plans, cycles, stateWasLost, isAbandoned } = evidence;
  if (stateWasLost || isAbandoned) return undefined;
  const open = cycleRecords.find(({ endedAt }) => endedAt === undefined);
  if (open) return `the cycle ${open.id} has no end; done: ${open.stepsDone.join(', ')}`;
  if (cycleRecords.length < cycles.length) return 'a cycle that was asked for is not stored';
  const left = plans.find(({ status, actions }) => actions.length > 0 && !isOver(status));
  return left && `the plan ${left.id} is left ${left.status}`;
}

function isOver(status: string): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED';
}

/** I5: the report of a cycle agrees with the broker on each order. */
function reportsAgree(evidence: Evidence): string | undefined {
  const { observed, broker, lateOrder } = evidence;
  const last = observed.answers.findLast(({ body }) => body['complete'] === true);
  const { trades = [] } = (last?.body['result'] ?? {}) as { trades?: readonly Reported[] };
  for (const { tradeId, success, error } of trades) {
    // As it was stored, also where the state was lost since.
    const stored = observed.versions.findLast((version) => version.tradeId === tradeId);
    const number = stored?.clientOrderId ?? '';
    const isThere = broker.orders.some(({ instruction }) => instruction.clientOrderId === number);
    if (success && !isThere) return `${tradeId} is reported as done, and is not at the broker`;
    if (!success && isThere && number !== lateOrder)
      return `${tradeId} is reported as not done (${error}), and the broker has it`;
  }
  return undefined;
}

interface Reported {
  readonly tradeId: string;
  readonly success: boolean;
  readonly error: string;
}

/** I5: answers are true: what succeeded is at the broker, what did not is not. */
function answersHold(evidence: Evidence): string | undefined {
  const { observed, broker, deposits, stateWasLost } = evidence;
  const paid = broker.flows.filter(({ flowId }) => flowId.startsWith('deposit-')).length;
  const confirmed = observed.answers.filter(
    ({ operation, status }) => operation === 'gateway-process-deposit' && status === 200,
  );
  if (paid > deposits) return `${paid} deposits for ${deposits} requests`;
  if (confirmed.length > 0 && paid === 0) return 'a confirmed deposit is not at the broker';
  for (const order of evidence.orderBook) {
    const held = broker.orders.filter(
      ({ instruction }) => instruction.clientOrderId === order.clientOrderId,
    );
    const refused = ['DENIED', 'ABSENT', 'REJECTED'].includes(order.state);
    const isLate = order.clientOrderId === evidence.lateOrder && isAlarmed(observed);
    if (refused && held.length > 0 && !isLate)
      return `${order.tradeId} is ${order.state}, and the broker has it`;
    if (!refused && order.state !== 'NEEDS_HUMAN' && held.length === 0 && !wasNeverSent(order))
      return `${order.tradeId} is ${order.state}, and the broker does not have it`;
  }
  return stateWasLost ? undefined : successesAreThere(evidence);
}

/** An order that arrived late is reported. */
function isAlarmed({ lines }: Observations): boolean {
  return lines.some((line) => line.includes('"order-alarm"'));
}

function successesAreThere({ observed, orderBook }: Evidence): string | undefined {
  for (const { operation, body } of observed.answers) {
    if (operation !== 'trading-execute-trade' || body['success'] !== true) continue;
    const order = orderBook.find(({ tradeId }) => tradeId === body['tradeId']);
    // One that arrived after it was given up stays ABSENT, with its fills and an alarm.
    if (order && order.filledQuantity.sign > 0) continue;
    if (!order || ['DENIED', 'ABSENT', 'REJECTED', 'INTENT'].includes(order.state))
      return `${String(body['tradeId'])} was answered as done, and is ${order?.state ?? 'gone'}`;
  }
  return undefined;
}

function wasNeverSent({ state, filledQuantity, clientOrderId }: OrderRecord): boolean {
  return filledQuantity.sign === 0 && (state === 'CANCELLED' || clientOrderId === '');
}

const arrows: Readonly<Record<string, readonly string[]>> = {
  '': ['INTENT', 'DENIED'],
  INTENT: ['SUBMITTING', 'DENIED', 'CANCELLED'],
  SUBMITTING: [
    'ACCEPTED',
    'PARTIAL',
    'FILLED',
    'CANCELLED',
    'EXPIRED',
    'REJECTED',
    'UNKNOWN',
    'DENIED',
  ],
  UNKNOWN: [
    'ACCEPTED',
    'PARTIAL',
    'FILLED',
    'CANCELLED',
    'EXPIRED',
    'REJECTED',
    'ABSENT',
    'NEEDS_HUMAN',
    'DENIED',
  ],
  NEEDS_HUMAN: ['ACCEPTED', 'PARTIAL', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'ABSENT'],
  ACCEPTED: ['PARTIAL', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'CANCEL_PENDING'],
  PARTIAL: ['FILLED', 'CANCELLED', 'EXPIRED', 'CANCEL_PENDING'],
  CANCEL_PENDING: ['CANCELLED', 'EXPIRED', 'FILLED'],
};

/** I6: states move along the table, fills never shrink, each is booked once, the epoch never falls. */
function statesMoveForward(evidence: Evidence): string | undefined {
  const { observed, ledger, epochs } = evidence;
  const last = new Map<string, { state: string; filled: number }>();
  for (const { tradeId, version, state, filled } of observed.versions) {
    const from = last.get(tradeId) ?? (version === 1 ? { state: '', filled: 0 } : undefined);
    last.set(tradeId, { state, filled });
    if (!from || from.state === state) continue;
    if (!arrows[from.state]?.includes(state)) return `${tradeId} went ${from.state} -> ${state}`;
    if (filled < from.filled) return `${tradeId} was filled ${from.filled}, then ${filled}`;
  }
  const ids = ledger.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `${twice} is booked twice`;
  const fallen = epochs.findIndex(
    (one, index) => index > 0 && isBehind(one, epochs[index - 1] ?? one),
  );
  return fallen < 0 ? undefined : `the epoch fell to ${JSON.stringify(epochs[fallen])}`;
}

/** I6: each fill and flow that the broker shows is booked by its id; nothing else, but what it hides. */
function eachIsBookedByItsId({ broker, ledger }: Evidence): string | undefined {
  const shown = broker.flows.filter(({ flowId }) => !isUnlisted(flowId));
  const due = new Set([
    ...broker.fills.map(({ fillId }) => `fill-${fillId}`),
    ...shown.map(({ flowId }) => `flow-${flowId}`),
  ]);
  const booked = new Set(ledger.map(({ id }) => id));
  const missing = [...due].find((id) => !booked.has(id));
  if (missing !== undefined) return `${missing} is not booked`;
  const hidden = broker.flows.length - shown.length;
  const others = ledger.filter(({ id }) => !due.has(id));
  return others.length > hidden
    ? `${others[0]?.kind} was booked, and nothing explains it`
    : undefined;
}

/** I7: every answer names its request, and so does a line of the log. */
function answersNameTheirRequest({ observed }: Evidence): string | undefined {
  const { answers, lines } = observed;
  const other = answers.find(({ requestId, requestIdDue }) => requestId !== requestIdDue);
  if (other) return `${other.operation} answered as ${other.requestId}, not ${other.requestIdDue}`;
  const logged = new Set(lines.map((line) => /"callId":"([^"]*)"/.exec(line)?.[1]));
  const silent = answers.find(({ requestId }) => !logged.has(requestId));
  return silent && `no line of the log names ${silent.requestId} of ${silent.operation}`;
}

const ORDER_RATIO_MAX = 0.25;
const TURNOVER_RATIO_MAX = 1.2;
/** Prices may move between check and arrival; the moves of a price jump are not counted here. */
const ROUNDING_RATIO = 0.001;

/** I8: no order beyond the limits, recomputed from the broker's log alone. */
function limitsHold({ received, pricesMoved }: Evidence): string | undefined {
  const tooLarge = received.find(
    ({ side, value, accountValue }) =>
      side === 'BUY' &&
      value.toEstimate() > accountValue.toEstimate() * (ORDER_RATIO_MAX + ROUNDING_RATIO),
  );
  if (tooLarge && !pricesMoved) return `${tooLarge.clientOrderId} is worth ${tooLarge.value}`;
  const accepted = received.filter(({ isAccepted }) => isAccepted);
  const turnover = accepted.reduce((sum, { value }) => sum + value.toEstimate(), 0);
  const worth = Math.max(0, ...received.map(({ accountValue }) => accountValue.toEstimate()));
  if (turnover > worth * (TURNOVER_RATIO_MAX + ROUNDING_RATIO) && !pricesMoved)
    return `${turnover} was ordered in a day, of ${worth}`;
  return received.length > 40 ? `${received.length} orders in a day` : undefined;
}

/** I9: two reads without a write in between agree. */
function readsAgree({ reads }: Evidence): string | undefined {
  const differing = reads.find(([first, second]) => first !== second);
  return differing && `${differing[0]} and then ${differing[1]}`;
}

/** I10: the ledger, replayed from nothing, makes the book. */
function ledgerMakesTheBook({ book, ledger }: Evidence): string | undefined {
  const replayed = replay(DEFAULT_ACCOUNT, EUR, ledger);
  const [ours, theirs] = [replayed, book].map(({ cash, holdings }) =>
    JSON.stringify([cash, [...holdings]]),
  );
  return ours === theirs ? undefined : `replayed ${ours}, stored ${theirs}`;
}

/** I12: no token in a log line or an answer. */
function secretsStayInside({ observed }: Evidence): string | undefined {
  const texts = [...observed.lines, ...observed.answers.map(({ body }) => JSON.stringify(body))];
  const secrets = Object.values(canaries);
  const leak = texts.find((text) => secrets.some((secret) => text.includes(secret)));
  return leak && `a token is in: ${leak.slice(0, 80)}`;
}

/** I13: no failure is a BUG. */
function failuresAreNamed({ observed }: Evidence): string | undefined {
  const bug = observed.answers.find(({ body }) => body['code'] === 'BUG');
  return bug && `${bug.operation} answered BUG: ${String(bug.body['message'])}`;
}

/** I14: while trading is halted, or the state is lost, only orders in flight before are sent. */
function nothingIsSentWhileHalted({ observed, received }: Evidence): string | undefined {
  const { underWayAtHalt, receivedAtHalt, receivedAtLoss, receivedAtDeclaration } = observed;
  const sentFrom = (
    from: number,
    to: number | undefined,
    underWay: ReadonlySet<string>,
  ): string | undefined =>
    received.slice(from, to).find(({ clientOrderId }) => !underWay.has(clientOrderId))
      ?.clientOrderId;
  const whileHalted = underWayAtHalt && sentFrom(receivedAtHalt, undefined, underWayAtHalt);
  if (whileHalted !== undefined) return `${whileHalted} was sent while trading was halted`;
  if (receivedAtLoss === undefined) return undefined;
  const whileLost = sentFrom(receivedAtLoss, receivedAtDeclaration, observed.underWayAtLoss);
  return whileLost && `${whileLost} was sent while the state was lost`;
}

const invariants: Readonly<Record<string, Invariant>> = {
  'I1 cash': cashIsConserved,
  'I2 positions': positionsAreConserved,
  'I3 sent once': ordersAreSentOnce,
  'I4 ends': ordersEnd,
  'I4 cycles end': cyclesEnd,
  'I5 answers hold': answersHold,
  'I5 reports agree': reportsAgree,
  'I6 forward only': statesMoveForward,
  'I6 booked by id': eachIsBookedByItsId,
  'I7 request id': answersNameTheirRequest,
  'I8 limits': limitsHold,
  'I9 reads agree': readsAgree,
  'I10 replay': ledgerMakesTheBook,
  'I12 secrets': secretsStayInside,
  'I13 named failures': failuresAreNamed,
  'I14 halted': nothingIsSentWhileHalted,
};

/** @returns each broken invariant with what broke it */
export async function broken(stage: Stage, judged: Judged): Promise<string[]> {
  const evidence = await evidenceOf(stage, judged);
  return Object.entries(invariants).flatMap(([name, holds]) => {
    const what = holds(evidence);
    return what === undefined ? [] : [`${name}: ${what}`];
  });
}

async function evidenceOf(stage: Stage, judged: Judged): Promise<Evidence> {
  const { database } = stage.open().dependencies;
  const reader = new StoredBook(database, EUR);
  const trades = new StoredOrders(database);
  const [book, ledger, orderBook] = await Promise.all([
    reader.book(DEFAULT_ACCOUNT),
    reader.ledger(DEFAULT_ACCOUNT),
    trades.history(DEFAULT_ACCOUNT),
  ]);
  const { broker, observed } = stage;
  const cycles = await Promise.all(judged.cycles.map((id) => new CycleStore(database).find(id)));
  const cycleRecords = cycles.filter((cycle) => cycle !== undefined);
  const planIds = cycleRecords.flatMap(({ planId }) => planId ?? []);
  const plans = await Promise.all(planIds.map((id) => new StoredPlans(database).find(id)));
  return {
    ...judged,
    book,
    ledger,
    orderBook,
    broker: broker.book,
    received: broker.received,
    observed,
    epochs: observed.epochs,
    cycleRecords,
    plans: plans.filter((plan) => plan !== undefined),
    reads: [[await cashOf(stage), await cashOf(stage)]],
  };
}

async function cashOf(stage: Stage): Promise<string> {
  const request = { operation: 'portfolio-get-cash-balance', key: 'read', body: {} };
  const answer: Answer | undefined = await ask(stage.open(), request);
  return JSON.stringify(answer?.body);
}
