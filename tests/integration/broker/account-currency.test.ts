import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies, type DependencyParts } from '#shared/runtime/dependencies.ts';
import { inFolder } from '../../support/folders.ts';
import { silentLog } from '#shared/process/log.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const bars = 'Date,Close\n2024-03-07,50.25\n2024-03-08,51.5\n';
const ONE = { 'securities.csv': 'isin,symbol,currency\nUS0378331005,USA,USD\n', 'USA.csv': bars };
const TWO = {
  'securities.csv': 'isin,symbol,currency\nUS0378331005,USA,USD\nDE0007164600,AAA,EUR\n',
  ...{ 'USA.csv': bars, 'AAA.csv': bars },
  'rates.csv': 'date,from,to,rate\n2024-03-08,USD,EUR,0.9\n',
};
const parts: DependencyParts = { tokens: null, log: silentLog };

describe('the base currency', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());

  async function opened(files: Record<string, string>, env: Record<string, string> = {}) {
    return inFolder(files, async (folder) => {
      const base = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'currency', ...env };
      const settings = parseSettings({ ...base, MARKET_DATA: `csv:${folder}` });
      const dependencies = await openDependencies(settings, parts);
      const signal = new AbortController().signal;
      const { currency } = await dependencies.broker.statement(DEFAULT_ACCOUNT, signal);
      await dependencies.close();
      return { base: dependencies.baseCurrency, account: currency };
    });
  }

  test('stays the one that the account was opened in when a share in another is added', async () => {
    expect(await opened(ONE)).toEqual({ base: 'USD', account: 'USD' });
    expect(await opened(TWO)).toEqual({ base: 'USD', account: 'USD' });
    expect(await opened(TWO, { BASE_CURRENCY: 'USD' })).toEqual({ base: 'USD', account: 'USD' });
  });

  test('is refused where the setting contradicts the account', async () => {
    await opened(ONE);
    const failure: unknown = await opened(ONE, { BASE_CURRENCY: 'EUR' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).facts).toEqual({
      ...{ rule: 'account-currency', expected: 'USD', found: 'EUR', setting: 'BASE_CURRENCY' },
    });
  });
});
