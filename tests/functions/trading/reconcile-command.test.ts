/** `trader reconcile` at a broker that keeps the account itself. */
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { ExternalFixture } from '../../support/brokers/external-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';
import { openTrader, type TraderCommand } from '../../support/trader-command.ts';

let redis: TestRedis;
let on: ExternalFixture;
let trader: TraderCommand;

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new ExternalFixture(redis).open();
  await on.call(updatePositions, { forceSync: true });
  await on.restart();
  trader = await openTrader(on.dependencies);
});
afterAll(async () => {
  await trader.close();
  await on.close();
  await redis.stop();
});

it('says that nothing is open, and ends with 0', async () => {
  expect(await trader.run('reconcile')).toEqual({
    status: 0,
    stdout: '✓ No difference from the broker stops trading.\n',
    stderr: '',
  });
});

it('shows each difference with what to do, and takes over what was named, with a reason', async () => {
  await on.restart();
  await trader.close();
  trader = await openTrader(on.dependencies);
  on.mock.cash += 5_000_000_000n;
  await on.call(executeTrade, { isin: BETA, side: 'BUY', quantity: 1 }, 'order-1');

  const shown = await trader.run('reconcile');
  expect([shown.status, shown.stderr]).toEqual([7, '']);
  expect(shown.stdout).toMatch(
    /cash at the broker: \+5 USD that no movement explains\n {4}look for/,
  );
  const [, digest = ''] = /--accept (\S+)/.exec(shown.stdout) ?? [];

  const unexplained = await trader.run('reconcile', '--accept', digest);
  expect(unexplained.status).not.toBe(0);
  expect(unexplained.stderr).toContain('reason');
  const other = await trader.run('reconcile', '--accept', '0000', '--reason', 'checked');
  expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/^trader: /)]);

  const taken = await trader.run('reconcile', '--accept', digest, '--reason', 'a gift', '--json');
  expect(taken).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(taken.stdout)).toMatchObject({ success: true, state: 'ACTIVE' });
  expect((await trader.run('reconcile')).stdout).toContain('No difference');
});
