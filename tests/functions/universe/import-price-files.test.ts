import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import importPriceFiles from '../../../functions/universe/import-price-files/handler.ts';
import { openMarketData } from '#shared/clients/market-data/open.ts';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { BEGINNING } from '#shared/clients/market-data/checked-bars.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { openTrader } from '../../support/trader-command.ts';
import { ask, openAccount } from '../portfolio/portfolio-fixture.ts';

const signal = new AbortController().signal;
const now = instantOf(Date.parse('2024-06-30T12:00:00Z'));
const securities =
  'isin,symbol,name,exchange,currency,benchmark\nUS0378331005,AAA,Alpha,XNAS,USD,\nDE0007164600,BBB,Beta,XETR,EUR,yes\n';
const files: Record<string, string> = {
  'securities.csv': securities,
  'AAA.csv':
    'Date,Open,High,Low,Close,Volume\n2024-02-29,10,11,9,10.5,1000\n2024-03-01,10.5,12,10,11,900\n',
  'BBB.csv': 'Datum;Schluss\n29.02.2024;100,25\n01.03.2024;101,5\n',
  'rates.csv': 'date,from,to,rate\n2024-02-29,USD,EUR,0.92\n',
  'fundamentals.csv': 'symbol,as_of,pe_ratio\nAAA,2024-02-01,20\n',
  'actions.csv': 'kind,symbol,day,amount,currency\ndividend,AAA,2024-03-01,0.25,USD\n',
};

let redis: TestRedis;
let on: PaperFixture;
let folder: string;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis);
  folder = await mkdtemp(join(tmpdir(), 'prices-'));
  await write(files);
});
afterEach(async () => {
  await on.dependencies.close();
  await rm(folder, { recursive: true });
});

async function write(some: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(some)) await writeFile(join(folder, name), text);
}

function request(some: Record<string, string>, sent = Object.keys(some)) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  return {
    files: Object.entries(some).map(([name, text]) => ({ name, parts: [hash(text)] })),
    contents: sent.map((name) => gzipSync(some[name] ?? '').toString('base64')),
  };
}

const importFiles = async (some: Record<string, string>, more: object = { apply: true }) =>
  (await ask(importPriceFiles, on, { ...request(some), ...more })).body;

/** Opened as a function's process opens it. */
const imported = (): Promise<MarketData> => opened({ MARKET_DATA: 'imported' });

async function opened(env: Record<string, string>): Promise<MarketData> {
  const settings = parseSettings({ REDIS_URL: redis.url, ...env });
  const { database } = on.dependencies;
  const secret = () => () => '';
  return (await openMarketData(settings, { now: () => now, secret, database })).marketData;
}

async function everythingOf(source: MarketData) {
  const listing = await source.listing(signal);
  const [usd, eur] = [parseCurrency('USD'), parseCurrency('EUR')];
  return {
    listing,
    benchmark: source.benchmark,
    today: source.today(now),
    doubts: source.doubts,
    rates: await source.rates(usd, eur, BEGINNING, signal),
    inverse: await source.rates(eur, usd, BEGINNING, signal),
    of: await Promise.all(
      listing.map(async ({ isin, exchange }) => ({
        bars: await source.bars(isin, BEGINNING, signal),
        late: await source.bars(isin, source.today(now), signal),
        origin: source.originOf?.(isin, source.today(now)),
        fundamentals: await source.fundamentals(isin, signal),
        actions: await source.actions?.(isin, signal),
        session: source.session(exchange, now),
      })),
    ),
  };
}

it('answers everything as the folder itself does', async () => {
  expect(await importFiles(files)).toMatchObject({
    ...{ applied: true, securities: 2, bars: '4', lastDay: '2024-03-01', warnings: [] },
  });
  expect(await everythingOf(await imported())).toEqual(
    await everythingOf(await openCsv(folder, now)),
  );
});

it.each([
  [
    'a close that is missing',
    'Date,Open,High,Low,Close\n2024-02-29,10,11,9,\n2024-03-01,10,11,9,10\n',
  ],
  [
    'an adjusted close that is missing',
    'Date,Close,Adj Close\n2024-02-29,10,\n2024-03-01,11,10.5\n',
  ],
  ['prices of which none is positive', 'Date,Close\n2024-02-29,0\n2024-03-01,-1\n'],
])('keeps %s, so that the check of bars sets it aside by name', async (_name, text) => {
  const some = { ...files, 'AAA.csv': text };
  await write(some);
  await importFiles(some);
  const source = await imported();
  expect(await everythingOf(source)).toEqual(await everythingOf(await openCsv(folder, now)));
});

it('keeps the list for live sources however its name is written', async () => {
  await importFiles({ 'Securities.CSV': securities });
  const live = await opened({ MARKET_DATA: 'tradernet', DATA_DIR: join(folder, 'empty') });
  expect((await live.listing(signal)).map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
});

it('takes effect in a source that is open already', async () => {
  const source = await imported();
  expect(source.doubts).toEqual([expect.stringContaining('import-prices')]);
  await importFiles(files);
  await source.refresh?.();
  expect(source.today(now)).toBe('2024-03-01');
  const more = `${files['AAA.csv']}2024-03-04,11,12,10,11.5,800\n`;
  await importFiles({ ...files, 'AAA.csv': more });
  await source.refresh?.();
  expect(source.today(now)).toBe('2024-03-04');
});

it('names missing parts, and reads nothing before all are here', async () => {
  const all = request(files);
  const first = await ask(importPriceFiles, on, { ...all, contents: [], apply: true });
  expect(first.body).toMatchObject({ applied: false, bars: '0' });
  expect(first.body.missingParts).toHaveLength(6);
  expect((await importFiles(files)).missingParts).toEqual([]);
});

it('changes nothing without apply, for the same files, and where something is wrong', async () => {
  expect(await importFiles(files, { apply: false })).toMatchObject({ applied: false, bars: '4' });
  expect((await imported()).today(now)).toBe('2024-06-30');
  const { version } = await importFiles(files);
  expect(await importFiles(files)).toMatchObject({ version, versionBefore: version });
  const wrong = { ...files, 'AAA.csv': 'Date,Close\n2024-02-29,ten\n' };
  const refused = await ask(importPriceFiles, on, { ...request(wrong), apply: true });
  expect(refused.body).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(JSON.stringify(refused.body)).toContain('AAA.csv:2');
  expect((await imported()).today(now)).toBe('2024-03-01');
});

it.each([
  ['files[0].name', { files: [{ name: '../AAA.csv', parts: [] }] }],
  ['files[1].name', { files: [{ name: 'a.csv' }, { name: 'a.csv' }] }],
  ['files[0].parts[0]', { files: [{ name: 'a.csv', parts: ['abc'] }] }],
  ['contents[0]', { contents: ['????'] }],
  ['contents[0]', { contents: [gzipSync(Buffer.alloc(2 ** 21)).toString('base64')] }],
])('names %s where it is wrong', async (field, stated) => {
  const { body } = await ask(importPriceFiles, on, stated);
  expect(JSON.stringify(body)).toContain(`"field":"${field}"`);
});

it('warns of a currency that nothing converts', async () => {
  const { 'rates.csv': _rates, ...without } = files;
  expect((await importFiles(without)).warnings).toEqual([expect.stringContaining('USD into')]);
});

it('refuses prices before anything is imported', async () => {
  const source = await imported();
  expect(() => source.session('XETR', now)).toThrow(
    expect.objectContaining({ code: 'REFUSED', message: expect.stringContaining('import-prices') }),
  );
});

it('lists the securities for a live source where there is no other list', async () => {
  const listed = { 'securities.csv': securities, 'symbols.csv': 'isin,source,symbol\n' };
  expect(await importFiles(listed)).toMatchObject({ applied: true, lastDay: '', bars: '0' });
  const live = await opened({ MARKET_DATA: 'tradernet', DATA_DIR: join(folder, 'empty') });
  expect((await live.listing(signal)).map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
  expect((await imported()).doubts).toEqual([expect.stringContaining('import-prices')]);
});

describe('trader import-prices', () => {
  it('shows, imports, and imports again without a change', async () => {
    const trader = await openTrader(on.dependencies);
    const shown = await trader.run('import-prices', folder);
    expect(shown).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Nothing is imported yet'),
    });
    const done = await trader.run('import-prices', folder, '--apply');
    expect(done.stdout).toContain('2 securities, 4 daily bars up to 2024-03-01');
    expect(done.stdout).toContain('Imported.');
    const again = await trader.run('import-prices', folder, '--apply', '--json');
    const { version, versionBefore } = JSON.parse(again.stdout) as Record<string, string>;
    expect(version).toBe(versionBefore);
    await trader.close();
  });

  it('sends a file of many parts', async () => {
    const dayOf = (i: number) =>
      new Date(Date.UTC(1940, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
    const line = (i: number) => `${dayOf(i)},10.${i % 97},11.5,9.5,10.75,${i * 7_919}\n`;
    const long = Array.from({ length: 30_000 }, (_, i) => line(i)).join('');
    expect(long.length).toBeGreaterThan(2 ** 20);
    await write({ 'AAA.csv': `Date,Open,High,Low,Close,Volume\n${long}` });
    const trader = await openTrader(on.dependencies);
    const done = await trader.run('import-prices', folder, '--apply');
    await trader.close();
    expect(done.stdout).toContain('30002 daily bars');
  });

  it('says what is wrong with the folder, and sends nothing', async () => {
    await write({ 'AAA.csv': 'Date,Close\n2024-02-29,ten\n' });
    const trader = await openTrader(on.dependencies);
    const ended = await trader.run('import-prices', folder, '--apply');
    await trader.close();
    expect(ended).toMatchObject({ status: 1, stdout: expect.stringContaining('AAA.csv:2') });
  });
});
