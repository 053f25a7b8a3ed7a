import type { SyncPricesUpdate } from '#protos/gen/universe.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { lastDay, lengthOf } from '#shared/universe/model/price-series.ts';
import { unavailable } from '#shared/kernel/failure.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import supertest from 'supertest';
import syncPrices from '../../../functions/universe/sync-prices/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { addSecurity } from '../../support/markets/seed-market.ts';
import { BentMarketData, streamed } from '../../support/universe-calls.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

/** Of a security, in a sync of one more day; counted on 30 November 2026. */
const YEARS_READ_MAX = 6;
const COMMANDS_MAX = 29;

describe('universe-sync-prices', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let source: BentMarketData;
  let clock: ReturnType<typeof steppingClock>;
  let isins: Isin[];
  let listed: Awaited<ReturnType<BentMarketData['listing']>>;

  const sync = (body: object = {}) => streamed<SyncPricesUpdate>(syncPrices, dependencies, body);
  const last = async (body: object = {}): Promise<SyncPricesUpdate> =>
    present((await sync(body)).at(-1), 'a sync ends with an update');
  /** Everything that is stored, as text. */
  const stored = async (): Promise<string> => {
    const prefix = `${dependencies.settings.redisKeyPrefix}:`;
    const names = (await dependencies.database.redis.keys(`${prefix}*`)).sort();
    const values = await Promise.all(
      names.map(async (name) => {
        const key = name.slice(prefix.length);
        const type = await dependencies.database.redis.type(key);
        if (type === 'hash') {
          // Fields of a large hash come in any order.
          const fields = Object.entries(await dependencies.database.redis.hgetall(key));
          return [key, fields.sort(([a], [b]) => (a < b ? -1 : 1))];
        }
        if (type === 'string') return [key, await dependencies.database.redis.get(key)];
        return [key, await dependencies.database.redis.lrange(key, 0, -1)];
      }),
    );
    return JSON.stringify(values);
  };

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());

  beforeEach(async () => {
    clock = steppingClock('2021-03-03T20:00:00Z');
    const opened = await openTestDependencies(redis, {}, { now: clock.now });
    source = new BentMarketData(opened.marketData);
    dependencies = { ...opened, marketData: source };
    listed = (await source.listing(new AbortController().signal)).slice(0, 3);
    isins = listed.map(({ isin }) => isin);
  });
  afterEach(() => dependencies.close());

  /** Fills the universe with the first three, so that a sync is about those. */
  const addThree = async () => {
    for (const security of listed) await addSecurity(dependencies, security);
  };

  test('adds every security of the source to an empty universe', async () => {
    const updates = await sync();
    const end = present(updates.at(-1), 'a sync ends with an update');
    expect(end).toMatchObject({
      complete: true,
      total: 40,
      synced: 40,
      failed: 0,
      progressPct: 100,
    });
    expect(end).toMatchObject({ error: '', problems: [], barsSetAside: '0' });
    const market = new StoredMarket(dependencies.database);
    const securities = await market.securities();
    expect(securities.length).toBe(40);
    const quotes = await market.quotes(securities.map(({ isin }) => isin));
    expect([...quotes.values()].every(({ day }) => day === '2021-03-03')).toBe(true);
    const rates = await market.rates(
      dependencies.baseCurrency,
      securities.map(({ currency }) => currency),
    );
    expect([...rates.keys()].sort()).toEqual(['EUR', 'GBP', 'USD']);
  });

  test('streams an update a security, with its percentage, and a last one', async () => {
    await addThree();
    const updates = await sync();
    expect(updates.map(({ progressPct }) => progressPct)).toEqual([33, 66, 100, 100]);
    expect(updates.map(({ currentIsin }) => currentIsin)).toEqual([...isins, '']);
    expect(updates.map(({ complete }) => complete)).toEqual([false, false, false, true]);
    expect(updates.map(({ synced }) => synced)).toEqual([1, 2, 3, 3]);
    const bars = await source.bars(
      isins[0] as Isin,
      '1900-01-01' as never,
      new AbortController().signal,
    );
    expect(updates[0]?.barsStored).toBe(String(bars.length));
  });

  test('fetches nothing again while it is fresh, and changes nothing', async () => {
    await addThree();
    await sync();
    const before = await stored();
    source.asked.clear();
    expect(await last()).toMatchObject({ synced: 3, barsStored: '0', complete: true });
    expect(source.asked.size).toBe(0);
    expect(await stored()).toBe(before);
  });

  test('changes nothing when forced on the same data', async () => {
    await addThree();
    await sync();
    const before = await stored();
    source.asked.clear();
    expect(await last({ forceRefresh: true })).toMatchObject({ barsStored: '0' });
    expect([...source.asked.values()]).toEqual([['1900-01-01'], ['1900-01-01'], ['1900-01-01']]);
    expect(await stored()).toBe(before);
  });

  test('stores the new bars of others where those of a security cannot be read', async () => {
    await addThree();
    await sync();
    const { database } = dependencies;
    const [first, broken, third] = listed.map(({ isin }) => isin);
    await database.redis.hset(keys.universe.prices(broken ?? ''), '2021', '{"days":[2,1]}');
    clock.advance(DAY_MS);
    const updates = await sync();
    expect(updates.flatMap(({ problems }) => problems ?? []).map(({ isin }) => isin)).toContain(
      broken,
    );
    const found = await new PriceStore(database).seriesOf([first, third] as Isin[]);
    expect([...found.values()].map(lastDay)).toEqual(['2021-03-04', '2021-03-04']);
  });

  test('fetches from the last stored day on when days have passed', async () => {
    await addThree();
    await sync();
    source.asked.clear();
    clock.advance(2 * DAY_MS);
    expect(await last()).toMatchObject({ barsStored: '6' });
    expect(source.asked.get(isins[0] as Isin)).toEqual(['2021-03-03']);
    const series = await new StoredMarket(dependencies.database).series(isins[0] as Isin);
    expect(lastDay(series)).toBe('2021-03-05');
    const whole = await source.bars(
      series.isin,
      '1900-01-01' as never,
      new AbortController().signal,
    );
    expect(lengthOf(series)).toBe(whole.length);
    expect(Array.from(series.close)).toEqual(whole.map(({ close }) => close));
  });

  test('costs what a day changed: commands and years of bars that do not grow with the history', async () => {
    await addThree();
    await sync();
    clock.advance(DAY_MS);
    const sent: string[] = [];
    const { redis: connection } = dependencies.database;
    const send = connection.sendCommand.bind(connection);
    connection.sendCommand = (command, stream) => {
      sent.push([command.name, ...command.args.map(String)].join(' '));
      return send(command, stream);
    };
    expect(await last()).toMatchObject({ synced: 3, barsStored: '3' });
    connection.sendCommand = send;
    const ofBars = sent.filter((one) => /^h\w+ \S*:prices( |$)/.test(one));
    const years = ofBars.flatMap((one) => one.split(' ').slice(2));
    expect(sent.filter((one) => /^hgetall \S*:prices$/.test(one))).toEqual([]);
    expect(years.length / listed.length).toBeLessThanOrEqual(YEARS_READ_MAX);
    expect(sent.length / listed.length).toBeLessThanOrEqual(COMMANDS_MAX);
  });

  test('fetches the whole history again when the source has adjusted it', async () => {
    await addThree();
    await sync();
    clock.advance(DAY_MS);
    const isin = isins[0] as Isin;
    const halve = (bar: DailyBar) => ({ ...bar, adjustedClose: bar.adjustedClose / 2 });
    source.bend.set(isin, (bars) => bars.map(halve));
    source.asked.clear();
    await sync();
    expect(source.asked.get(isin)).toEqual(['2021-03-03', '1900-01-01']);
    const series = await new StoredMarket(dependencies.database).series(isin);
    expect(series.adjustedClose[0]).toBe((series.close[0] ?? 0) / 2);
  });

  test('counts and names what fails, and goes on', async () => {
    await addThree();
    source.failing.set(isins[1] as Isin, unavailable('The source'));
    source.bend.set(isins[2] as Isin, () => []);
    const updates = await sync();
    expect(updates.at(-1)).toMatchObject({
      complete: true,
      synced: 1,
      failed: 2,
      total: 3,
      progressPct: 100,
      problems: [
        { isin: isins[1], symbol: listed[1]?.symbol, reason: 'The source did not answer.' },
        { isin: isins[2], symbol: listed[2]?.symbol, reason: expect.stringContaining('no prices') },
      ],
    });
    expect(updates[1]?.error).toBe('The source did not answer.');
    expect(updates.at(-1)?.error).toContain('2 of 3 failed');
  });

  test('names securities that are not, or no longer, in the universe', async () => {
    await addThree();
    const removal = { at: dependencies.now(), reason: 'sold out' };
    await new SecurityStore(dependencies.database).remove(isins[0] as Isin, removal, 'key');
    const end = await last({ isins: [isins[0], 'US0378331005', isins[1], isins[1]] });
    expect(end).toMatchObject({ total: 3, synced: 1, failed: 2 });
    expect(end.problems.map(({ reason }) => reason)).toEqual([
      'was removed from the universe',
      'is not in the universe',
    ]);
    expect((await last()).total).toBe(2);
  });

  test('sets bars aside that cannot be right, once, with the reason', async () => {
    await addThree();
    const isin = isins[0] as Isin;
    const spoil = (bar: DailyBar): DailyBar => {
      if (bar.day === '2021-03-01')
        return {
          ...bar,
          high: bar.high * 40,
          close: bar.close * 30,
          adjustedClose: bar.close * 30,
        };
      return bar.day === '2021-03-02' ? { ...bar, low: bar.high * 2 } : bar;
    };
    source.bend.set(isin, (bars) => bars.map(spoil));
    expect(await last()).toMatchObject({ failed: 0, barsSetAside: '2' });
    const aside = await new PriceStore(dependencies.database).setAside(isin);
    expect(aside.map(({ day }) => day)).toEqual(['2021-03-01', '2021-03-02']);
    expect(aside[0]?.reason).toContain('in a day');
    const series = await new StoredMarket(dependencies.database).series(
      isin,
      '2021-03-01' as never,
    );
    expect(lengthOf(series)).toBe(1);
    clock.advance(DAY_MS);
    expect(await last()).toMatchObject({ barsSetAside: '0', barsStored: '3' });
    expect(await new PriceStore(dependencies.database).setAside(isin)).toEqual(aside);
  });

  test('keeps the stored bars when the source suddenly has none', async () => {
    await addThree();
    await sync();
    const isin = isins[0] as Isin;
    const before = await new StoredMarket(dependencies.database).series(isin);
    source.bend.set(isin, () => []);
    await sync({ forceRefresh: true });
    expect(await new StoredMarket(dependencies.database).series(isin)).toEqual(before);
  });

  test('reports exchange rates that the source does not have', async () => {
    await addThree();
    source.ratesKnown = false;
    const end = await last();
    expect(end).toMatchObject({ failed: 0, synced: 3, complete: true });
    expect(end.problems.map(({ symbol }) => symbol)).toEqual(['GBP-EUR', 'USD-EUR']);
    expect(end.error).toContain('USD-EUR');
  });

  test('refuses what is not an ISIN, by name', async () => {
    const answer = await supertest(endpointOf(syncPrices, dependencies))
      .post('/')
      .set('x-run-id', 'run-1')
      .send({ isins: ['DE0FIX000017'] });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isins[0]' });
  });
});
