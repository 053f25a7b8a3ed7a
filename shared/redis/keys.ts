/**
 * Every key in the system: `{<aggregate>:<id>}:<facet>`. The braces are the cluster hash tag: what
 * must change together has one. The client puts `REDIS_KEY_PREFIX:` in front of each, so that tests and
 * installations never share a key; in a cluster `{REDIS_KEY_PREFIX}:`, the first tag, which alone counts: all
 * keys of an installation share a slot.
 *
 * `docs/operate/redis-keys.md` is generated from this table.
 */
import type { ServiceName } from '#shared/contract/names.ts';

export interface KeyRow {
  readonly example: string;
  readonly type: 'document' | 'string' | 'hash' | 'list' | 'zset' | 'set' | 'stream';
  /** null: kept for ever. */
  readonly ttlMs: number | null;
  readonly owner: ServiceName | 'runtime' | 'broker' | 'paper-broker' | 'page';
  readonly holds: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Ids of which the keys are kept; more are built anew. */
const KEPT_MAX = 20_000;

/** The same text for the same id: a map finds a text that it has seen without reading all of it. */
function kept(build: (id: string) => string): (id: string) => string {
  const known = new Map<string, string>();
  return (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const key = build(id);
    if (known.size < KEPT_MAX) known.set(id, key);
    return key;
  };
}

/** A document is a hash of `version` (counts its changes) and `json` (its value). */
export const keys = {
  universe: {
    securities: () => '{universe}:securities',
    fundamentals: () => '{universe}:fundamentals',
    removals: () => '{universe}:removals',
    prices: kept((isin) => `{security:${isin}}:prices`),
    setAside: kept((isin) => `{security:${isin}}:prices-set-aside`),
    rates: (pair: string) => `{rates:${pair}}:days`,
    syncs: () => '{universe}:syncs',
    doubts: () => '{universe}:price-doubts',
    actions: kept((isin) => `{security:${isin}}:actions`),
    pricesVersion: () => '{universe}:prices-version',
    actionsVersion: () => '{universe}:actions-version',
    importedCurrent: () => '{imported-prices}:current',
    imported: (version: string) => `{imported-prices}:version:${version}`,
    importedPart: (hash: string) => `{imported-prices}:part:${hash}`,
  },
  portfolio: {
    book: kept((account) => `{account:${account}}:book`),
    ledger: kept((account) => `{account:${account}}:ledger`),
    valuations: kept((account) => `{account:${account}}:valuations`),
    differences: kept((account) => `{account:${account}}:differences`),
    accounts: () => '{accounts}:opened',
    orderRules: () => '{broker}:order-rules',
    policy: kept((account) => `{account:${account}}:policy`),
    policyVersions: kept((account) => `{account:${account}}:policy-versions`),
  },
  scoring: {
    history: (isin: string) => `{security:${isin}}:scores`,
    latest: () => '{scores}:latest',
  },
  planning: {
    plan: (plan: string) => `{plan:${plan}}:plan`,
    byTime: () => '{plans}:by-time',
    byHash: (hash: string) => `{plans}:by-hash:${hash}`,
    inputValues: () => '{plan-inputs}:values',
    inputRecords: () => '{plan-inputs}:records',
    inputsByTime: () => '{plan-inputs}:by-time',
  },
  trading: {
    trade: (account: string, trade: string) => `{orders:${account}}:trade:${trade}`,
    byTime: kept((account) => `{orders:${account}}:by-time`),
    live: kept((account) => `{orders:${account}}:live`),
    clientOrderIds: kept((account) => `{orders:${account}}:client-order-ids`),
    admissions: kept((account) => `{orders:${account}}:admissions`),
    accountOf: (trade: string) => `{trade:${trade}}:account`,
    control: () => '{trading}:control',
  },
  gateway: {
    cycle: (cycle: string) => `{cycle:${cycle}}:cycle`,
    runningCycle: () => '{cycles}:running',
    executingCycle: () => '{cycles}:executing',
    job: (job: string) => `{job:${job}}:record`,
    deposits: (account: string) => `{deposits:${account}}:by-key`,
    notices: () => '{notices}:outbox',
    noticesKnown: () => '{notices}:known',
    noticesDead: () => '{notices}:dead',
    noticeConditions: () => '{notices}:conditions',
    noticeOffset: () => '{notices}:telegram-offset',
    proposals: (account: string) => `{approvals:${account}}:proposals`,
    lastReplay: () => '{replays}:last',
    replayTrials: () => '{replays}:trials',
    trust: (account: string) => `{approvals:${account}}:trust`,
  },
  runtime: {
    once: (operation: string, key: string) => `{once:${operation}:${key}}:answer`,
    claim: (operation: string, key: string) => `{once:${operation}:${key}}:claim`,
    /** Calls without a key: by operation and meaning of the request. */
    unkeyed: (operation: string, request: string) => `{unkeyed:${operation}:${request}}:key`,
    boards: () => '{boards}:names',
    pulses: () => '{pulses}:at',
    boardFigures: () => '{boards}:figures',
    boardClaim: (board: string) => `{boards}:claim:${board}`,
    unkeyedClaim: (operation: string, request: string) => `{unkeyed:${operation}:${request}}:claim`,
    updates: (job: string) => `{run:${job}}:updates`,
    outcome: (job: string) => `{run:${job}}:outcome`,
    execution: (job: string) => `{run:${job}}:execution`,
    subscribers: (job: string) => `{run:${job}}:subscribers`,
    /** `follower` is their name of before: calls that are under way keep it through an upgrade. */
    subscriber: (subscriber: string) => `{follower:${subscriber}}:run`,
    left: (subscriber: string) => `{follower:${subscriber}}:left`,
    /** @param hour `2025-06-11T12`, UTC */
    calls: (hour: string) => `{calls}:${hour}`,
    /** Beside the queues, so with `queue:` in front as well. */
    functionQueues: (queue: string) => `{function-queues:${queue}}:names`,
    /** Its name before 2026-12; what is under it is taken over at the start. */
    formerFunctionQueues: (queue: string) => `{lanes:${queue}}:names`,
  },
  audit: {
    head: () => '{audit}:head',
    segment: (number: number) => `{audit}:lines:${number}`,
  },
  state: {
    /** One for the installation: it guards commits of any key, so all keys share a slot in a cluster. */
    epoch: () => '{state}:epoch',
    mark: (process: string) => `{state}:mark:${process}`,
  },
  broker: {
    turn: (broker: string) => `{broker-calls:${broker}}:turn`,
    sentOrders: (account: string) => `{broker:${account}}:sent-orders`,
  },
  page: {
    session: (id: string) => `{page}:session:${id}`,
    sessions: () => '{page}:sessions',
    attempts: (address: string) => `{page}:attempts:${address}`,
    audit: () => '{page}:audit',
    passkeys: () => '{page}:passkeys',
    challenges: () => '{page}:challenges',
  },
  paperBroker: {
    book: kept((account) => `{paper:${account}}:book`),
    settled: kept((account) => `{paper:${account}}:settled`),
  },
} as const;

const isin = 'US0378331005';

/** What is stored, for how long, and by whom; a test holds it against the builders above. */
export const keyTable: readonly KeyRow[] = [
  row(keys.universe.securities(), 'hash', null, 'universe', 'each security, by ISIN'),
  row(keys.universe.fundamentals(), 'hash', null, 'universe', 'fundamentals, by ISIN'),
  row(keys.universe.removals(), 'hash', null, 'universe', 'when and why removed, by ISIN'),
  row(keys.universe.prices(isin), 'hash', null, 'universe', 'daily bars, a field a year'),
  row(keys.universe.setAside(isin), 'list', null, 'universe', 'bars refused, with the reason'),
  row(keys.universe.rates('USD-EUR'), 'hash', null, 'universe', 'daily rates, a field a year'),
  row(keys.universe.doubts(), 'hash', null, 'universe', 'dead prices, suspected splits, by ISIN'),
  row(keys.universe.actions(isin), 'hash', null, 'universe', 'corporate actions, by id'),
  row(
    keys.universe.pricesVersion(),
    'string',
    null,
    'universe',
    'another one after any bars changed',
  ),
  row(
    keys.universe.actionsVersion(),
    'string',
    null,
    'universe',
    'another one after any actions changed',
  ),
  row(keys.universe.importedCurrent(), 'string', null, 'universe', 'version of the imported files'),
  row(
    keys.universe.imported('4f2a'),
    'hash',
    null,
    'universe',
    'imported price files as they were read; for an hour after the next import',
  ),
  row(keys.universe.importedPart('4f2a'), 'string', HOUR_MS, 'universe', 'part of a price file'),
  row(keys.universe.syncs(), 'hash', null, 'universe', 'what was fetched last, and when'),
  row(keys.portfolio.book('default'), 'document', null, 'portfolio', 'cash, lots, what was booked'),
  row(keys.portfolio.ledger('default'), 'list', null, 'portfolio', 'every movement, append-only'),
  row(keys.portfolio.valuations('default'), 'hash', null, 'portfolio', 'value at each day'),
  row(
    keys.portfolio.differences('default'),
    'document',
    null,
    'portfolio',
    'what differs from the broker since the start',
  ),
  row(keys.portfolio.accounts(), 'hash', null, 'portfolio', 'accounts that were opened, by id'),
  row(
    keys.portfolio.orderRules(),
    'hash',
    null,
    'portfolio',
    'what the broker accepts orders for, by ISIN',
  ),
  row(
    keys.portfolio.policy('default'),
    'document',
    null,
    'portfolio',
    'investment policy in force',
  ),
  row(
    keys.portfolio.policyVersions('default'),
    'list',
    null,
    'portfolio',
    'every policy there was',
  ),
  row(keys.scoring.history(isin), 'hash', null, 'scoring', 'score and grade, by day'),
  row(keys.scoring.latest(), 'hash', null, 'scoring', 'day and total of the latest score, by ISIN'),
  row(keys.planning.plan('plan-1'), 'document', null, 'planning', 'a plan and its status'),
  row(keys.planning.byTime(), 'zset', null, 'planning', 'plan ids by creation time'),
  row(keys.planning.byHash('0123abcd'), 'zset', null, 'planning', 'plan ids of one portfolio hash'),
  row(keys.planning.inputValues(), 'hash', null, 'planning', 'what plans saw, by content hash'),
  row(keys.planning.inputRecords(), 'hash', null, 'planning', 'the inputs of each plan, by its id'),
  row(keys.planning.inputsByTime(), 'zset', null, 'planning', 'plans with inputs, by time'),
  row(keys.trading.trade('default', 'trade-1'), 'document', null, 'trading', 'an order, its state'),
  row(keys.trading.byTime('default'), 'zset', null, 'trading', 'trade ids by request time'),
  row(keys.trading.live('default'), 'set', null, 'trading', 'trades not yet in a final state'),
  row(keys.trading.clientOrderIds('default'), 'string', null, 'trading', 'last client order id'),
  row(
    keys.trading.admissions('default'),
    'document',
    null,
    'trading',
    'the orders admitted that count for the limits of a day',
  ),
  row(keys.trading.accountOf('trade-1'), 'string', null, 'trading', 'the account of a trade'),
  row(keys.trading.control(), 'document', null, 'trading', 'ACTIVE, REDUCING or HALTED, and why'),
  row(keys.gateway.cycle('cycle-1'), 'document', null, 'gateway', 'a trading cycle and its steps'),
  row(
    keys.gateway.runningCycle(),
    'string',
    null,
    'gateway',
    'the cycle that runs, and the fencing token of its attempt',
  ),
  row(
    keys.gateway.executingCycle(),
    'string',
    null,
    'gateway',
    'id of the cycle that began to send orders last',
  ),
  row(keys.gateway.job('backup'), 'document', null, 'gateway', 'runs and counts of a job'),
  row(keys.gateway.notices(), 'hash', null, 'gateway', 'notices on their way, by channel'),
  row(keys.gateway.noticesKnown(), 'zset', null, 'gateway', 'notices of the last 40 days, by time'),
  row(
    keys.gateway.noticesDead(),
    'list',
    null,
    'gateway',
    'notices that were given up, the last 100',
  ),
  row(
    keys.gateway.noticeConditions(),
    'document',
    null,
    'gateway',
    'conditions that hold, and since when',
  ),
  row(
    keys.gateway.noticeOffset(),
    'string',
    null,
    'gateway',
    'button presses of Telegram that were dealt with',
  ),
  row(keys.gateway.deposits('default'), 'hash', null, 'gateway', 'deposits by idempotency key'),
  row(keys.gateway.proposals('default'), 'document', null, 'gateway', 'plans put to the owner'),
  row(
    keys.gateway.lastReplay(),
    'hash',
    null,
    'gateway',
    'report of the last replay, where there is no DATA_DIR',
  ),
  row(
    keys.gateway.replayTrials(),
    'list',
    null,
    'gateway',
    'policies tried in replays, the last 10,000, where there is no DATA_DIR',
  ),
  row(keys.gateway.trust('default'), 'document', null, 'gateway', 'how far it may act alone'),
  row(keys.runtime.once('x', 'k'), 'document', 7 * DAY_MS, 'runtime', 'the answer under a key'),
  row(keys.runtime.claim('x', 'k'), 'string', 5_000, 'runtime', 'who does the work under a key'),
  row(keys.runtime.unkeyed('x', 'r'), 'string', HOUR_MS, 'runtime', 'key given to a keyless call'),
  row(keys.runtime.unkeyedClaim('x', 'r'), 'string', 5_000, 'runtime', 'whose turn it is there'),
  row(keys.runtime.boards(), 'set', null, 'runtime', 'names of boards that ever started'),
  row(keys.runtime.pulses(), 'hash', null, 'runtime', 'when each part was last heard of'),
  row(keys.runtime.boardFigures(), 'hash', null, 'runtime', 'disk, certificate, clock of boards'),
  row(keys.runtime.boardClaim('state'), 'string', 15_000, 'runtime', 'services a board has'),
  row(keys.runtime.updates('job-1'), 'list', 7 * DAY_MS, 'runtime', 'what a queued run streamed'),
  row(keys.runtime.outcome('job-1'), 'string', 7 * DAY_MS, 'runtime', 'how a queued run ended'),
  row(
    keys.runtime.execution('job-1'),
    'string',
    DAY_MS,
    'runtime',
    'who executes a run that was handed over, and how that ended',
  ),
  row(
    keys.runtime.subscribers('job-1'),
    'set',
    7 * DAY_MS,
    'runtime',
    'subscribers of a queued run',
  ),
  row(keys.runtime.subscriber('f'), 'string', 7 * DAY_MS, 'runtime', 'the run of a subscriber'),
  row(keys.runtime.left('f'), 'string', 7 * DAY_MS, 'runtime', 'that a subscriber has cancelled'),
  row(
    keys.runtime.calls('2025-06-11T12'),
    'hash',
    25 * HOUR_MS,
    'runtime',
    'who called whom in an hour: calls, failures, time',
  ),
  row(keys.runtime.functionQueues('async'), 'set', null, 'runtime', 'functions with queued calls'),
  row(
    keys.runtime.formerFunctionQueues('async'),
    'set',
    null,
    'runtime',
    'the same, before 2026-12',
  ),
  row(keys.audit.head(), 'document', null, 'runtime', 'where the audit stands, and its segments'),
  row(
    keys.audit.segment(1),
    'list',
    null,
    'runtime',
    'who did what: 5,000 lines, the last ten kept',
  ),
  row(keys.state.epoch(), 'hash', null, 'runtime', 'how far the state has come, and doubts'),
  row(keys.broker.turn('tradernet'), 'string', 1_500, 'broker', 'that a call just went out'),
  row(keys.broker.sentOrders('default'), 'hash', null, 'broker', 'orders sent, the broker’s ids'),
  row(keys.page.session('s'), 'document', DAY_MS, 'page', 'who is signed in, and for what'),
  row(keys.page.sessions(), 'zset', null, 'page', 'ids of sessions by the time they began'),
  row(keys.page.attempts('a'), 'document', DAY_MS, 'page', 'failed sign-ins of an address'),
  row(keys.page.audit(), 'list', null, 'page', 'who changed what on the page, the last 1,000'),
  row(keys.page.passkeys(), 'document', null, 'page', 'public keys that sign in, at most 20'),
  row(keys.page.challenges(), 'zset', null, 'page', 'what passkeys are to sign once, the last 100'),
  row(
    keys.state.mark('a1b2'),
    'string',
    60_000,
    'runtime',
    'last commit of a process, to be replicated',
  ),
  row(keys.paperBroker.book('default'), 'document', null, 'paper-broker', 'the broker’s own book'),
  row(keys.paperBroker.settled('default'), 'list', null, 'paper-broker', 'orders that have ended'),
];

function row(
  example: string,
  type: KeyRow['type'],
  ttlMs: number | null,
  owner: KeyRow['owner'],
  holds: string,
): KeyRow {
  return { example, type, ttlMs, owner, holds };
}
