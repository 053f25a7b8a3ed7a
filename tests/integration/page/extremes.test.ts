/** The page at its limits: all days that the sample has, 5,000 holdings, a board that is away, contact that is lost. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  axeViolations,
  describeInBrowser,
  openBrowser,
  openTab,
  picture,
} from '../../support/endpoints/browser.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';

const HOLDINGS = 5_000;
const KB = 1_024;

let redis: TestRedis;
let fixture: PageFixture;

beforeAll(async () => {
  redis = await startTestRedis();
  fixture = await openPageFixture(redis, { past: { days: 7_300, holdings: 12, deposit: 40_000 } });
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await fixture?.close();
  await redis.stop();
});

/** The overview as it is, changed before the page sees it. */
function changeOverview(change: (overview: GetOverviewResponse, rowsMax: number) => object): void {
  const { functions } = fixture.dependencies;
  const call = functions.call.bind(functions);
  jest.spyOn(functions, 'call').mockImplementation((async (...args: Parameters<typeof call>) => {
    const answer: unknown = await call(...args);
    if ((args[0] as unknown) !== gateway.getOverview) return answer;
    const { rowsMax = 0 } = args[1] as { rowsMax?: number };
    const overview = answer as GetOverviewResponse;
    return { ...overview, ...change(overview, rowsMax || 50) };
  }) as typeof call);
}

const many = ({ holdings }: GetOverviewResponse, rowsMax: number) => {
  const all = Array.from({ length: HOLDINGS }, (_, index) => {
    const one = holdings[index % holdings.length];
    return { ...one, symbol: `S${index}`, name: `Security number ${index} with a long name` };
  });
  return { holdings: all.slice(0, rowsMax), holdingCount: HOLDINGS };
};

const away = ({ services }: GetOverviewResponse) => ({
  services: services.map((one) =>
    one.name === 'optimization'
      ? { ...one, healthy: false, status: 'the board does not answer', board: 'thinker' }
      : { ...one, board: 'keeper' },
  ),
});

/** Twenty years of days as the overview thins them, with a payment each month. */
const twentyYears = ({ history }: GetOverviewResponse) => {
  const dayOfIndex = (index: number, count: number): string =>
    new Date(Date.UTC(2006, 2, 6) + (index * 7_300 * 86_400_000) / (count - 1))
      .toISOString()
      .slice(0, 10);
  const points = Array.from({ length: 360 }, (_, index) => ({
    day: dayOfIndex(index, 360),
    value: 10_000 * 1.004 ** index + 900 * Math.sin(index / 3),
    paidIn: 10_000 + 55 * index,
    benchmark: 10_000 * 1.0035 ** index,
    doingNothing: 10_000 + 60 * index,
  }));
  const flows = Array.from({ length: 240 }, (_, index) => ({
    day: dayOfIndex(index, 240),
    amount: index % 12 === 7 ? -120.5 : 82.5,
  }));
  return { history: history && { ...history, points, flows, dayCount: 5_040, benchmark: 'WRLD' } };
};

it('keeps within its weight with all the years that the sample has', async () => {
  const page = await (await fetch(fixture.url)).text();
  expect(gzipSync(page).length).toBeLessThanOrEqual(15 * KB);
  const options = { signal: new AbortController().signal, requestId: 'history' };
  const { history } = await fixture.dependencies.functions.call(gateway.getOverview, {}, options);
  expect(history?.dayCount).toBeGreaterThan(1_800);
  expect(history?.points.length).toBeLessThanOrEqual(360);
  for (const [file, most] of [
    ['app.css', 6],
    ['app.js', 8],
  ] as const)
    expect(gzipSync(await (await fetch(fixture.url + file)).text()).length).toBeLessThanOrEqual(
      most * KB,
    );
});

it('shows the first 50 of 5,000 holdings, and all of them where asked to', async () => {
  changeOverview(many);
  const rows = (text: string) => text.match(/number \d+ with/g)?.length;
  const some = await (await fetch(`${fixture.url}?view=holdings`)).text();
  expect([rows(some), some.includes('of 5,000 are shown')]).toEqual([50, true]);
  const all = await (await fetch(`${fixture.url}?view=holdings&rows=10000`)).text();
  expect(rows(all)).toBe(HOLDINGS);
});

describeInBrowser('the page at its limits, in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('scrolls through 5,000 holdings at 390 without moving sideways', async () => {
    changeOverview(many);
    const { page, complaints, close } = await openTab(browser, {
      viewport: { width: 390, height: 800 },
    });
    await page.goto(`${fixture.url}?view=holdings&rows=10000`);
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - window.innerWidth',
    );
    expect(Number(overflow)).toBeLessThanOrEqual(0);
    expect(await page.locator('.holdings tbody tr').count()).toBeGreaterThanOrEqual(HOLDINGS);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is on a slow phone in five requests and 40 KB with twenty years of days, and in 15 KB the next time', async () => {
    changeOverview(twentyYears);
    const { page, complaints, close } = await openTab(browser, {
      viewport: { width: 390, height: 800 },
    });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    // Slow 3G: 400 ms away, 400 kbit/s.
    const link = { latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
    await devtools.send('Network.emulateNetworkConditions', { ...link, offline: false });
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    let [requests, bytes] = [0, 0];
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
      requests += 1;
      bytes += encodedDataLength;
    });
    await page.goto(fixture.url, { waitUntil: 'load' });
    await page.locator('.plot svg').waitFor();
    expect([requests <= 5, bytes <= 40 * KB]).toEqual([true, true]);
    const label = await page.locator('.plot svg').getAttribute('aria-label');
    expect(label).toMatch(/^From €.* on 6 Mar 2006 to €.*Deepest fall/);
    // A table of a screen or two stands behind the picture, with its first and its last day.
    await page.locator('#curve-table > summary').click();
    const rows = page.locator('#curve-table tbody tr');
    expect(await rows.count()).toBeLessThanOrEqual(62);
    expect(await rows.first().innerText()).toContain('6 Mar 2006');
    expect(await rows.last().innerText()).toContain('2026');
    await picture(page, 'twenty-years-390');
    [requests, bytes] = [0, 0];
    await page.goto(`${fixture.url}?period=all`, { waitUntil: 'load' });
    await page.locator('.plot svg').waitFor();
    // Style and script are kept: what comes is the document.
    expect([requests, bytes <= 15 * KB]).toEqual([expect.any(Number), true]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('names the board that is away, in words and in the picture', async () => {
    changeOverview(away);
    const { page, complaints, close } = await openTab(browser, {
      viewport: { width: 390, height: 800 },
    });
    await page.goto(`${fixture.url}?view=system`);
    expect(await page.locator('svg.map').getAttribute('aria-label')).toBe(
      '6 of 7 services work; not optimization.',
    );
    expect(await page.locator('svg.map g.ill text').textContent()).toContain('optimization');
    expect(await page.locator('.services').innerText()).toContain('the board does not answer');
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('says when contact is lost, and lets nothing be changed then', async () => {
    const { page, close } = await openTab(browser);
    await page.clock.install();
    await page.goto(`${fixture.url}?view=sign-in`);
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
    await page.waitForSelector('#strip');
    await page.route('**/*', (route) => route.abort());
    await page.clock.fastForward(60_000);
    await page.getByText('No contact since').first().waitFor();
    expect(await page.locator('form button:not([disabled])').count()).toBe(0);
    await close();
  });
});
