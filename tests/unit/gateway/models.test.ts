import { ordersText, totals, withStepDone, newCycle } from '#shared/gateway/model/cycle.ts';
import { ended, started } from '#shared/gateway/model/job-record.ts';
import { redisComplaints } from '#shared/gateway/model/redis-health.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { requestHash } from '#shared/contract/equal-request.ts';
import { planning } from '#shared/contract/planning.ts';

const eur = (amount: string): Money => Money.parse(amount, 'EUR');

describe('the totals of a cycle', () => {
  it('are what was bought without charges, and all charges', () => {
    const trades = [
      { side: 'BUY', settlement: eur('-1005.00'), commission: eur('4.00'), fees: eur('1.00') },
      { side: 'SELL', settlement: eur('497.00'), commission: eur('3.00'), fees: eur('0.00') },
    ] as const;
    expect(totals(trades, eur('0.00'))).toEqual({ invested: eur('1000.00'), charged: eur('8.00') });
  });

  it('are zero without trades', () => {
    expect(totals([], eur('0.00'))).toEqual({ invested: eur('0.00'), charged: eur('0.00') });
  });
});

describe('the orders of a cycle as text', () => {
  const order = { tradeId: 't', symbol: 'ABC', side: 'BUY', quantity: 1 } as const;

  it('name what did not go through, and why', () => {
    const sent = [
      { ...order, success: true, error: '' },
      { ...order, symbol: 'DEF', success: false, error: 'the exchange is closed' },
    ];
    expect(ordersText(sent)).toBe(
      '1 of 2 orders went through; not: BUY DEF: the exchange is closed',
    );
  });

  it('are short when all went through', () => {
    expect(ordersText([{ ...order, success: true, error: '' }])).toBe('1 of 1 order went through.');
  });
});

it('a step of a cycle that is done again is remembered once', () => {
  const start = { id: 'cycle-1' as CycleId, dryRun: false, buysOnly: false };
  const cycle = newCycle({ ...start, startedAt: instantOf(0) });
  const twice = withStepDone(withStepDone(cycle, 'score'), 'score');
  expect(twice.stepsDone).toEqual(['score']);
});

describe('a job’s record', () => {
  it('counts each end, and forgets the error after a success', () => {
    const first = started(undefined, 'run-1', instantOf(1));
    const failed = ended(first, { ok: false, message: 'no prices' }, instantOf(2));
    expect(failed).toMatchObject({ runs: 1, failures: 1, lastError: 'no prices' });
    const again = started(failed, 'run-2', instantOf(3));
    expect(again.lastEndedAt).toBeUndefined();
    const done = ended(again, { ok: true, message: 'fine' }, instantOf(4));
    expect(done).toMatchObject({ runs: 2, successes: 1, failures: 1, lastError: '' });
  });
});

describe('Redis', () => {
  const healthy = [
    ['aof_enabled', '1'],
    ['aof_last_write_status', 'ok'],
    ['aof_last_bgrewrite_status', 'ok'],
  ] as const;

  it('is not complained about while it writes its file', () => {
    expect(redisComplaints(new Map(healthy))).toEqual([]);
  });

  it.each([
    ['aof_enabled', '0', /no append-only file/],
    ['aof_last_write_status', 'err', /could not write/],
    ['aof_last_bgrewrite_status', 'err', /could not rewrite/],
  ])('is complained about when %s is %s', (name, value, complaint) => {
    const [first, ...rest] = redisComplaints(new Map([...healthy, [name, value]]));
    expect(first).toMatch(complaint);
    expect(rest).toEqual([]);
  });
});

describe('requests', () => {
  const hash = (body: object): string => requestHash(planning.createPlan, JSON.stringify(body));

  it('are equal when they mean the same', () => {
    expect(hash({ maxPositions: '5', constraints: { depth: '2', noSells: 'true' } })).toBe(
      hash({ constraints: { noSells: 'true', depth: '2' }, maxPositions: 5, portfolioHash: '' }),
    );
  });

  it('are not when a constraint differs', () => {
    expect(hash({ constraints: { depth: '2' } })).not.toBe(hash({ constraints: { depth: '3' } }));
  });
});
