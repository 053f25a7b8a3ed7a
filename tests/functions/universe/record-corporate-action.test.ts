import listActions from '../../../functions/universe/list-corporate-actions/handler.ts';
import recordAction from '../../../functions/universe/record-corporate-action/handler.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { openTrader } from '../../support/trader-command.ts';
import { ask, openAccount } from '../portfolio/portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis);
});
afterEach(() => on.dependencies.close());

const doubts = () => new PriceDoubtStore(on.dependencies.database);
const suspect = (ratio: number) =>
  doubts().put(ALPHA, 'suspected-split', [
    {
      ...{ kind: 'suspected-split', day: parseDay('2024-03-04'), ratio },
      ...{ evidence: 'jump', isLive: true },
    },
  ]);
const declare = (action: object) =>
  ask(recordAction, on, { action: { isin: ALPHA, day: '2024-03-04', ...action } });
const split = { kind: 'split', newShares: '4', oldShares: '1' };

describe('RecordCorporateAction', () => {
  it('removes the doubt that a split explains, and keeps one of another ratio', async () => {
    await suspect(4);
    expect((await declare(split)).body).toMatchObject({ success: true });
    expect(await doubts().of(ALPHA)).toEqual([]);
    await suspect(10);
    await declare(split);
    expect(await doubts().of(ALPHA)).toHaveLength(1);
  });

  it('takes the answer that it was a real fall', async () => {
    await suspect(2);
    expect((await declare({ kind: 'no-split' })).body).toMatchObject({ success: true });
    expect(await doubts().of(ALPHA)).toEqual([]);
  });

  it('stores an action once; another one under its id is refused, and the first stands', async () => {
    const answers = [
      await declare(split),
      await declare(split),
      await declare({ ...split, newShares: '5' }),
    ];
    expect(answers.map(({ body }) => body.success)).toEqual([true, true, false]);
    const { actions } = (await ask(listActions, on)).body;
    expect(actions).toMatchObject([{ kind: 'split', newShares: '4', source: 'owner' }]);
  });

  it.each([
    [{ kind: 'bonus' }, 400, 'action.kind'],
    [{ kind: 'split' }, 400, 'newShares'],
    [{ kind: 'no-split', day: '2024-02-30' }, 400, 'action.day'],
    [
      { kind: 'dividend', amount: { amount: '1', currency: 'EUR' }, taxRatio: '2' },
      400,
      'taxRatio',
    ],
    [{ ...split, newIsin: 'US0378331005' }, 400, 'newIsin'],
    [{ kind: 'no-split', isin: 'DE0FIX000016' }, 404, undefined],
  ])('refuses %j', async (action, status, field) => {
    const answer = await declare(action);
    expect({ status: answer.status, field: answer.body.field }).toEqual({ status, field });
  });

  it('has a command', async () => {
    const trader = await openTrader(on.dependencies);
    const day = ['--date', '2024-03-04'];
    const done = await trader.run('action', 'split', 'ALPHA', ...day, '--ratio', '4:1');
    expect(done.stdout).toContain(`2024-03-04 split ${ALPHA} 4:1 (owner)`);
    const other = await trader.run('action', 'split', 'ALPHA', ...day, '--ratio', '5:1');
    const wrong = await trader.run('action', 'split', 'ALPHA', ...day, '--ratio', '4');
    expect([done.status, other.status, wrong.status]).toEqual([0, 2, 2]);
    expect((await trader.run('actions')).stdout).toContain('split');
    await trader.close();
  });
});
