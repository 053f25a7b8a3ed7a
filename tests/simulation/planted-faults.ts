/**
 * Faults that are planted in the sources one at a time, to show that the simulation finds them.
 * Each replaces a text that occurs exactly once in its file; a missing text stops the run.
 */
import type { PointKind } from './points.ts';

export interface PlantedFault {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly instead: string;
  /** The kind of mishap whose points show it. */
  readonly shownBy: PointKind;
}

const submit = 'shared/trading/submit.ts';
const resolve = 'shared/trading/resolve.ts';
const store = 'shared/trading/order-store.ts';
const reconcile = 'shared/portfolio/model/reconciliation/reconcile.ts';
const commit = 'shared/redis/scripts/commit.lua';

export const plantedFaults: readonly PlantedFault[] = [
  fault(
    'sends-again-when-unknown',
    'lost-answer',
    submit,
    "if (stored.order.state !== 'INTENT') return refresh(orderDependencies, stored.order, signal);",
    `if (stored.order.state === 'UNKNOWN' || stored.order.state === 'SUBMITTING') {
      await sendOnce(orderDependencies, stored.order, hooks);
    }
    if (stored.order.state !== 'INTENT') return refresh(orderDependencies, stored.order, signal);`,
  ),
  fault(
    'sends-without-claiming',
    'halt',
    submit,
    "  if (claimed?.order.state !== 'SUBMITTING')\n    return currentOrder(orderDependencies, intent.order, signal);",
    "  if (claimed?.order.state !== 'SUBMITTING') { await sendOnce(orderDependencies, intent.order, hooks);\n    return currentOrder(orderDependencies, intent.order, signal); }",
  ),
  fault(
    'ignores-the-halt',
    'halt',
    'shared/trading/model/trading-control.ts',
    "  if (state === 'HALTED')",
    "  if (reason === 'never')",
  ),
  fault(
    'gives-up-at-the-first-look',
    'lost-answer',
    resolve,
    'if (ageMs(orderDependencies, order) < SETTLING_MS) return order;',
    `return orderDependencies.store.change(order, (current) =>
      advance(current, 'settle-absent', now, 'gone'));`,
  ),
  fault(
    'takes-unknown-for-rejected',
    'lost-answer',
    submit,
    "  if (outcome.kind === 'unknown') return advance(current, 'lose', now, unknownText(outcome.detail));",
    "  if (outcome.kind === 'unknown') return advance(current, 'reject', now, outcome.detail);",
  ),
  fault(
    'takes-unknown-for-accepted',
    'lost-answer',
    submit,
    "  if (outcome.kind === 'unknown') return advance(current, 'lose', now, unknownText(outcome.detail));",
    "  if (outcome.kind === 'unknown') return advance(current, 'accept', now, outcome.detail);",
  ),
  fault(
    'commits-without-comparing',
    'two-processes',
    commit,
    'if version ~= expected then',
    'if false then',
  ),
  fault(
    'commits-on-a-lost-state',
    'state-loss',
    commit,
    "local held = redis.call('HMGET', KEYS[keys + guard], 'id', 'generation', 'sequence', 'doubt')",
    'local held = { id, leastGeneration, leastSequence }',
  ),
  fault(
    'books-fills-again',
    'crash',
    'shared/portfolio/model/reconciliation/unbooked.ts',
    '!booked.has(this.idOf(line))',
    "!booked.has(this.idOf(line)) || this.idOf(line).startsWith('fill-')",
  ),
  fault(
    'drops-the-last-fill',
    'crash',
    reconcile,
    '.in(book.booked, statement.fills)',
    '.in(book.booked, statement.fills.slice(0, -1))',
  ),
  fault(
    'forgets-external-cash',
    'crash',
    reconcile,
    '    return cash.sign === 0 ? []',
    "    return cash.sign === 0 || kind === 'external-cash' ? []",
  ),
  fault(
    'stores-the-book-without-its-ledger',
    'crash',
    'shared/portfolio/portfolio-store.ts',
    "        ...inChunks(lines).map((args): Write => ({ op: 'RPUSH', key: ledgerKey, args })),",
    '        ...inChunks(lines.slice(1)).map((args): Write => ({ op: "RPUSH", key: ledgerKey, args })),',
  ),
  fault(
    'new-trade-id-at-each-call',
    'crash',
    'functions/trading/execute-trade/handler.ts',
    'tradeIdOf(accountId, context.idempotencyKey);',
    'tradeIdOf(accountId, context.newId());',
  ),
  fault(
    'new-deposit-id-at-each-call',
    'lost-answer',
    'functions/gateway/process-deposit/handler.ts',
    'shortHash(context.idempotencyKey)',
    'shortHash(context.newId())',
  ),
  fault(
    'same-number-for-every-order',
    'two-processes',
    store,
    'CLIENT_ORDER_ID_BASE + (await this.database.redis.incr(key));',
    'CLIENT_ORDER_ID_BASE + 1;',
  ),
  fault(
    'limits-are-not-checked',
    'crash',
    submit,
    'const passes = errors.length === 0;',
    'const passes = true;',
  ),
  fault(
    'leaves-old-intents',
    'abandoned',
    resolve,
    'if (Math.abs(orderDependencies.now() - order.requestedAt) <= INTENT_AGE_MAX_MS) return order;',
    'if (orderDependencies.now() > 0) return order;',
  ),
  fault(
    'forgets-submitting-orders',
    'abandoned',
    resolve,
    "  if (order.state !== 'SUBMITTING' || ageMs(orderDependencies, order) <= SUBMIT_WINDOW_MS)\n    return order;",
    '  if (order !== undefined) return order;',
  ),
  fault(
    'tells-the-token',
    'crash',
    submit,
    'const facts = { tradeId, clientOrderId, outcome: outcome.kind };',
    "const facts = { tradeId, clientOrderId, outcome: outcome.kind, via: 'canary-trade-91bd' };",
  ),
  fault(
    'books-without-commission',
    'crash',
    'shared/portfolio/model/ledger-lines.ts',
    'cash: fill.settlement,',
    'cash: fill.settlement.add(fill.commission),',
  ),
];

function fault(
  name: string,
  shownBy: PointKind,
  file: string,
  text: string,
  instead: string,
): PlantedFault {
  return { name, shownBy, file, text, instead };
}
