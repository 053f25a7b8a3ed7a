/**
 * Sending an order at most once.
 *
 *   checks → INTENT stored → SUBMITTING stored, if the trading state allows it still
 *     → last check of trading state, version and time → sent once
 *   → outcome stored
 *
 * A crash before SUBMITTING is resumed by a call with the same key. A crash after it is never
 * resumed by sending: it is resolved by queries. Of all processes that hold the same INTENT only
 * the one whose compare-and-set stores SUBMITTING may send.
 */
import type {
  BrokerCapabilities,
  OrderInstruction,
  SubmitOutcome,
} from '#shared/clients/broker/broker.ts';
import { unsupported } from '#shared/clients/broker/capabilities.ts';
import { Failure, keyReused } from '#shared/kernel/failure.ts';
import type { TradeId } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { stateLost } from '#shared/redis/state-epoch.ts';
import type { OrderDependencies } from './order-dependencies.ts';
import { loadChecks } from './load-checks.ts';
import {
  hashOfDraft,
  type OrderDraft,
  type OrderRecord,
  type Violation,
} from './model/order-record.ts';
import { collarLimitOf, referenceViolations } from './model/price-collar.ts';
import { SUBMIT_TIMEOUT_MS, SUBMIT_WINDOW_MS } from './model/order-time-limits.ts';
import { advance, denied, newOrder } from './model/order-progress.ts';
import { isTerminal, nextState } from './model/order-state.ts';
import { controlViolation } from './model/trading-control.ts';
import { validate } from './model/validation.ts';
import { refresh, unknownText } from './resolve.ts';
import type { StoredOrder } from './order-store.ts';
import { within } from './work-time-limit.ts';

/** Steps of the protocol at which a process may crash; tests crash at each. */
export const crashPoints = [
  'P3-checks',
  'P4-number',
  'P4-intent',
  'P5-submitting',
  'P6-send',
  'P8-answered',
  'P9-stored',
  'P10-filled',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface Hooks {
  reach(point: CrashPoint): Promise<void>;
  /** A monotonic clock. */
  monotonicMs(): number;
  readonly submitTimeoutMs: number;
}

const noHooks: Hooks = {
  reach: () => Promise.resolve(),
  monotonicMs: () => performance.now(),
  submitTimeoutMs: SUBMIT_TIMEOUT_MS,
};

const ADMISSION_TRIES_MAX = 5;
const CONTROL_TRIES_MAX = 10;

/**
 * Executes the order of this id from its current state: checks, stores and sends a new one,
 * continues one that was left as INTENT, and queries the broker for any other.
 * @throws Failure KEY_REUSED when the id stands for another order
 */
export async function submitOrder(
  orderDependencies: OrderDependencies,
  draft: OrderDraft,
  tradeId: TradeId,
  signal: AbortSignal,
  hooks: Hooks = noHooks,
): Promise<OrderRecord> {
  await hooks.reach('P3-checks');
  const known = await orderDependencies.store.find(draft.accountId, tradeId);
  const stored = known
    ? await reconsider(orderDependencies, known, draft, signal)
    : await admit(orderDependencies, draft, tradeId, signal, hooks);
  requireSame(stored.order, draft);
  if (stored.order.state !== 'INTENT') return refresh(orderDependencies, stored.order, signal);
  await hooks.reach('P4-intent');
  return send(orderDependencies, stored, signal, hooks);
}

function requireSame(order: OrderRecord, draft: OrderDraft): void {
  if (order.bodyHash !== hashOfDraft(draft))
    throw keyReused('This idempotency key was used with another order.', {
      tradeId: order.tradeId,
    });
}

/** Checks a new order and stores it as INTENT or DENIED; again when another one came in between. */
async function admit(
  orderDependencies: OrderDependencies,
  draft: OrderDraft,
  tradeId: TradeId,
  signal: AbortSignal,
  hooks: Hooks,
): Promise<StoredOrder> {
  let clientOrderId = '';
  for (let attempt = 0; attempt < ADMISSION_TRIES_MAX; attempt += 1) {
    const { inputs, admissions, baseline, idSeenMax } = await loadChecks(
      orderDependencies,
      draft,
      tradeId,
      signal,
    );
    await orderDependencies.store.requireKnown(draft.accountId, idSeenMax);
    const { errors, value, needed } = validate(inputs);
    const passes = errors.length === 0;
    if (passes && clientOrderId === '') {
      clientOrderId = await orderDependencies.store.nextClientOrderId(draft.accountId, idSeenMax);
      await hooks.reach('P4-number');
    }
    const none = Money.zero(orderDependencies.baseCurrency);
    const facts = {
      tradeId,
      clientOrderId: passes ? clientOrderId : '',
      symbol: inputs.security?.symbol ?? draft.symbol,
      value: value ?? none,
      reserved: needed ?? none,
      errors,
      baseline,
      collarLimit: collarLimitOf(inputs),
      at: orderDependencies.now(),
      build: orderDependencies.build,
    };
    const order = newOrder(draft, facts, passes ? 'intend' : 'deny');
    const stored =
      (await orderDependencies.store.create(order, admissions, orderDependencies.steady())) ??
      (await orderDependencies.store.find(draft.accountId, tradeId));
    if (stored) return stored;
  }
  throw new Failure(
    'TOO_BUSY',
    'Other orders of this account keep coming in between; nothing was sent.',
    {
      retryAfterMs: 1_000,
    },
  );
}

/** An intent that a crash left behind is checked again, since prices have changed. */
async function reconsider(
  orderDependencies: OrderDependencies,
  known: StoredOrder,
  draft: OrderDraft,
  signal: AbortSignal,
): Promise<StoredOrder> {
  requireSame(known.order, draft);
  const order = await refresh(orderDependencies, known.order, signal);
  if (order.state !== 'INTENT') return { ...known, order };
  const { inputs } = await loadChecks(orderDependencies, draft, order.tradeId, signal);
  const { errors } = validate(inputs);
  if (errors.length === 0) return known;
  const refusedNow = await orderDependencies.store.replace(
    known,
    denied(order, errors, orderDependencies.now()),
  );
  return (
    refusedNow ?? (await orderDependencies.store.find(draft.accountId, order.tradeId)) ?? known
  );
}

async function send(
  orderDependencies: OrderDependencies,
  intent: StoredOrder,
  signal: AbortSignal,
  hooks: Hooks,
): Promise<OrderRecord> {
  // From here on an abort by the caller has no effect: the submission is completed.
  signal.throwIfAborted();
  const startedMs = hooks.monotonicMs();
  const claimed = await claim(orderDependencies, intent);
  if (claimed?.order.state !== 'SUBMITTING')
    return currentOrder(orderDependencies, intent.order, signal);
  await hooks.reach('P5-submitting');
  const blockingReason = await blockingReasonOf(orderDependencies, claimed);
  await hooks.reach('P6-send');
  // Nothing is awaited between this check of the clocks and the call.
  const held =
    blockingReason ?? tooLate(orderDependencies, claimed.order, hooks.monotonicMs() - startedMs);
  if (held) return holdBack(orderDependencies, claimed.order, held);
  const outcome = await sendOnce(orderDependencies, claimed.order, hooks);
  await hooks.reach('P8-answered');
  const order = await storeOutcome(orderDependencies, claimed.order, outcome);
  await hooks.reach('P9-stored');
  const fresh = await refresh(orderDependencies, order, signal);
  await hooks.reach('P10-filled');
  return fresh;
}

/**
 * Stores SUBMITTING in one commit with a check of the trading state, so that no order is sent after
 * a restriction was set; or stores the reason why it must not be sent.
 * @returns the order as it was stored; undefined when another process took it
 */
async function claim(
  orderDependencies: OrderDependencies,
  intent: StoredOrder,
): Promise<StoredOrder | undefined> {
  for (let attempt = 0; attempt < CONTROL_TRIES_MAX; attempt += 1) {
    const control = await orderDependencies.control.read();
    const held = controlViolation(control, intent.order.side);
    const next = held
      ? denied(intent.order, [{ ...held, field: 'side' }], orderDependencies.now())
      : advance(intent.order, 'submit', orderDependencies.now(), 'On its way to the broker.');
    const stored = await orderDependencies.store.replace(intent, next, ...control.unchanged);
    if (stored) return stored;
    const { accountId, tradeId } = intent.order;
    const current = await orderDependencies.store.find(accountId, tradeId);
    if (current?.version !== intent.version) return undefined;
  }
  throw new Failure('TOO_BUSY', 'The trading state keeps changing; nothing was sent.', {
    retryAfterMs: 1_000,
  });
}

async function currentOrder(
  orderDependencies: OrderDependencies,
  { accountId, tradeId }: OrderRecord,
  signal: AbortSignal,
): Promise<OrderRecord> {
  const current = await orderDependencies.store.find(accountId, tradeId);
  if (!current) throw stateLost(`the order ${tradeId} is gone`);
  return refresh(orderDependencies, current.order, signal);
}

/**
 * The last check before sending: the trading state, and whether this process still owns the order.
 */
async function blockingReasonOf(
  orderDependencies: OrderDependencies,
  claimed: StoredOrder,
): Promise<Violation | undefined> {
  const { order, version } = claimed;
  const current = await orderDependencies.store.find(order.accountId, order.tradeId);
  const moved = await priceMoved(orderDependencies, order);
  if (moved) return moved;
  const held = controlViolation(await orderDependencies.control.read(), order.side);
  if (held) return { ...held, field: 'side' };
  const unrecorded = await orderDependencies.store.putOnRecord().then(
    () => undefined,
    (thrown: unknown) => Failure.from(thrown).message,
  );
  if (unrecorded !== undefined)
    return {
      code: 'state-record',
      field: 'body',
      message: `It could not be written down outside Redis that an order is sent: ${unrecorded}`,
    };
  if (current?.version === version) return undefined;
  return {
    code: 'superseded',
    field: 'body',
    message: 'Someone else took the order over before it was sent.',
  };
}

/** Prices may have been stored since the checks. */
async function priceMoved(
  { market, settings }: OrderDependencies,
  order: OrderRecord,
): Promise<Violation | undefined> {
  if (!order.referencePrice) return undefined;
  return referenceViolations(order, await market.quote(order.isin), settings)[0];
}

/** Either clock may say that it is too late: one may have been set, the other may have slept. */
function tooLate(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  elapsedMs: number,
): Violation | undefined {
  const wallMs = orderDependencies.now() - (order.submittedAt ?? order.requestedAt);
  const longest = Math.max(elapsedMs, Math.abs(wallMs));
  if (longest <= SUBMIT_WINDOW_MS) return undefined;
  const message = `${Math.round(longest)} ms passed before it could be sent; at most ${SUBMIT_WINDOW_MS} may.`;
  return { code: 'submit-window', field: 'body', message };
}

/** Only the process that stored SUBMITTING comes here, and it has not sent anything. */
function holdBack(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  why: Violation,
): Promise<OrderRecord> {
  orderDependencies.log.warn('order-blocked', { tradeId: order.tradeId, code: why.code });
  return orderDependencies.store.change(order, (current) =>
    denied(current, [why], orderDependencies.now()),
  );
}

type Outcome = SubmitOutcome | { readonly kind: 'unknown'; readonly detail: string };

/**
 * The only place where an order is sent. Any answer but a definite one leaves the outcome unknown.
 */
async function sendOnce(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  hooks: Hooks,
): Promise<Outcome> {
  try {
    const answer = await within(hooks.submitTimeoutMs, (limited) =>
      orderDependencies.broker.submit(
        instructionOf(order, orderDependencies.broker.capabilities),
        limited,
      ),
    );
    if (answer.kind === 'accepted' && isText(answer.brokerOrderId)) return answer;
    if (answer.kind === 'rejected' && isText(answer.reason)) return answer;
    return { kind: 'unknown', detail: 'the answer is unreadable' };
  } catch (thrown) {
    const { message } = Failure.from(thrown);
    return { kind: 'unknown', detail: message.replace(/\.$/, '') };
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

async function storeOutcome(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  outcome: Outcome,
): Promise<OrderRecord> {
  const { tradeId, clientOrderId } = order;
  const facts = { tradeId, clientOrderId, outcome: outcome.kind };
  if (outcome.kind === 'unknown')
    orderDependencies.log.warn('order-submitted', { ...facts, ...outcome });
  else orderDependencies.log.info('order-submitted', facts);
  const stored = await orderDependencies.store.change(order, (current) =>
    withOutcome(orderDependencies, current, outcome),
  );
  if (outcome.kind === 'accepted' && isTerminal(stored.state) && stored.filledQuantity.sign === 0)
    orderDependencies.log.warn('order-alarm', {
      tradeId,
      state: stored.state,
      alarm: 'accepted after the end',
    });
  return stored;
}

function withOutcome(
  orderDependencies: OrderDependencies,
  current: OrderRecord,
  outcome: Outcome,
): OrderRecord {
  const now = orderDependencies.now();
  if (outcome.kind === 'unknown') return advance(current, 'lose', now, unknownText(outcome.detail));
  if (outcome.kind === 'rejected')
    return advance(current, 'reject', now, `The broker rejected it: ${outcome.reason}`);
  const { brokerOrderId } = outcome;
  // A concurrent query may have recorded it as filled already.
  if (nextState(current.state, 'accept') !== 'ACCEPTED') return { ...current, brokerOrderId };
  return { ...advance(current, 'accept', now, 'Working at the broker.'), brokerOrderId };
}

/** A market order with a collar goes as a limit order to a broker that takes it. */
function instructionOf(order: OrderRecord, capabilities: BrokerCapabilities): OrderInstruction {
  const asked = askedFor(order);
  if (!order.collarLimit) return asked;
  const limited = { ...asked, type: 'LIMIT', limitPrice: order.collarLimit } as const;
  return unsupported(limited, capabilities) ? asked : limited;
}

function askedFor(order: OrderRecord): OrderInstruction {
  const { clientOrderId, accountId, isin, symbol, side, quantity, timeInForce } = order;
  const { orderType: type, limitPrice, stopPrice } = order;
  return {
    clientOrderId,
    accountId,
    isin,
    symbol,
    side,
    quantity,
    type,
    timeInForce,
    ...(limitPrice && { limitPrice }),
    ...(stopPrice && { stopPrice }),
  };
}
