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

it('keeps within its weight with all the years that the sample has', async () => {
  const page = await (await fetch(fixture.url)).text();
  expect(gzipSync(page).length).toBeLessThanOrEqual(15 * KB);
  const options = { signal: AbortSignal.timeout(60_000), requestId: 'history' };
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
  expect([rows(some), some.includes('of 5000 are shown')]).toEqual([50, true]);
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
    await page.getByText('No contact since').waitFor();
    expect(await page.locator('form button:not([disabled])').count()).toBe(0);
    await close();
  });
});
