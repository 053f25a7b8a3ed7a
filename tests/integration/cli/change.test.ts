/** `trader change` to its end: what is left out and reduced, approved by its own digest, up to what is sent. */
import { gateway } from '#shared/contract/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import type { Operation, WireRequestOf } from '#shared/contract/row.ts';
import { present } from '#shared/kernel/assert.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { openPageFixture, type PageFixture } from '../../support/endpoints/page-fixture.ts';
import { openTrader, type TraderCommand } from '../../support/trader-command.ts';

let redis: TestRedis;
let fixture: PageFixture;
let trader: TraderCommand;

beforeAll(async () => {
  redis = await startTestRedis();
  fixture = await openPageFixture(redis, { waits: true });
  trader = await openTrader(fixture.dependencies);
});
afterAll(async () => {
  await trader?.close();
  await fixture?.close();
  await redis.stop();
});

function ask<O extends Operation>(operation: O, request: WireRequestOf<O>, key = 'test') {
  const options = { signal: new AbortController().signal, requestId: key, idempotencyKey: key };
  return fixture.dependencies.functions.call(operation, request, options);
}

const waiting = async () =>
  present((await ask(gateway.listProposals, { limit: 1 })).proposals[0], 'a plan waits');

it('changes the plan that waits, and what is approved after that is sent and nothing else', async () => {
  const before = await waiting();
  const [first, second, ...others] = present(before.plan, 'it has a plan').actions;
  const digest = before.digest.slice(0, 8);
  const shares = Math.max(1, Math.floor((second?.quantity ?? 0) / 2));
  const order = `${second?.symbol.toLowerCase()}=${shares}`;
  const asked = ['change', '--leave-out', first?.symbol ?? '', '--order', order];

  const dry = await trader.run(...asked, '--dry-run');
  expect(dry).toMatchObject({ status: 0, stderr: '' });
  expect(dry.stdout).toContain(`${first?.symbol}  left out (was ${first?.quantity})`);
  expect(dry.stdout).toContain(`${second?.symbol}  ${second?.quantity} → ${shares}`);
  expect(dry.stdout).toContain(`orders ${others.length + 2} → ${others.length + 1}`);
  expect(await waiting()).toEqual(before);

  // Nobody can be asked in a pipe.
  const unasked = await trader.run(...asked);
  expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining(digest)]);
  expect(await waiting()).toEqual(before);

  const done = await trader.run(...asked, '--digest', digest);
  expect(done).toMatchObject({ status: 0, stderr: '' });
  const after = await waiting();
  expect(after.plan?.changedFrom).toBe(before.planId);
  expect(done.stdout).toContain(
    `trader approve ${after.planId} --digest ${after.digest.slice(0, 8)}`,
  );

  // The former digest, as an old message has it, sends nothing.
  const old = await trader.run('approve', before.planId, '--digest', digest);
  expect(old.status).not.toBe(0);
  const approved = await trader.run('approve', '--digest', after.digest.slice(0, 8));
  expect(approved).toMatchObject({ status: 0, stderr: '' });
  await ask(gateway.triggerTradingCycle, {}, 'cycle-after');
  const { executions } = await ask(trading.getTradeHistory, { limit: 50 }, 'history');
  expect(executions.map(({ symbol, quantityFilled }) => [symbol, quantityFilled]).sort()).toEqual(
    [[second?.symbol, shares], ...others.map(({ symbol, quantity }) => [symbol, quantity])].sort(),
  );
});

it('ends with 4 where there is no such plan', async () => {
  for (const command of ['change', 'approve', 'reject']) {
    const options = command === 'change' ? ['--leave-out', 'ANY'] : [];
    const none = await trader.run(command, 'plan-of-nobody', ...options);
    expect([command, none.status]).toEqual([command, 4]);
    expect(none.stderr).toContain('There is no plan that waits for an answer plan-of-nobody.');
  }
});
