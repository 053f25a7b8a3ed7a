/** The page in every state that its owner may find it in: looked at by people in the pictures, by rules here. */
import type { Browser } from 'playwright-core';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
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

const DAY_MS = 86_400_000;
const HOLDINGS = 5_000;

let redis: TestRedis;
let browser: Browser;

type Change = (overview: GetOverviewResponse) => Partial<GetOverviewResponse>;

/** The overview as it is, changed before the page sees it. */
function changeOverview({ dependencies: { functions } }: PageFixture, change: Change): void {
  const call = functions.call.bind(functions);
  jest.spyOn(functions, 'call').mockImplementation((async (...args: Parameters<typeof call>) => {
    const answer: unknown = await call(...args);
    if ((args[0] as unknown) !== gateway.getOverview) return answer;
    const overview = answer as GetOverviewResponse;
    return { ...overview, ...change(overview) };
  }) as typeof call);
}

async function restrict({ dependencies }: PageFixture, state: string): Promise<void> {
  const options = { signal: AbortSignal.timeout(60_000), requestId: state, idempotencyKey: state };
  const reason = 'away for two weeks';
  await dependencies.functions.call(trading.setTradingState, { state, reason }, options);
}

const boardAway: Change = ({ services, standing }) => ({
  services: services.map((one) =>
    ['optimization', 'scoring'].includes(one.name)
      ? { ...one, healthy: false, status: 'the board does not answer', board: 'thinker' }
      : { ...one, board: 'keeper' },
  ),
  standing: standing && {
    ...standing,
    code: 'board-away',
    message: 'The board thinker does not answer (scoring, optimization).',
  },
});

const manyHoldings: Change = ({ holdings }) => ({
  holdings: Array.from({ length: 50 }, (_, index) => ({
    ...holdings[index % holdings.length],
    symbol: `LONGSYMBOL${index}.X`,
    name: `Security number ${index} with a name that is longer than any other`,
  })) as GetOverviewResponse['holdings'],
  holdingCount: HOLDINGS,
});

interface State {
  readonly name: string;
  readonly view: string;
  readonly says: RegExp;
  /** Without a past it is the first day. */
  readonly isFirstDay?: boolean;
  prepare?(fixture: PageFixture): Promise<void> | void;
}

const states: readonly State[] = [
  { name: 'first-day', view: '', says: /Nothing is held; all is cash/, isFirstDay: true },
  { name: 'first-day-holdings', view: '?view=holdings', says: /Nothing is held/, isFirstDay: true },
  { name: 'first-day-ledger', view: '?view=ledger', says: /Deposit|Nothing/, isFirstDay: true },
  { name: 'healthy', view: '', says: /All is well\. Nothing to do\./ },
  { name: 'holdings', view: '?view=holdings', says: /Holdings/ },
  { name: 'ledger', view: '?view=ledger', says: /Ledger/ },
  {
    name: 'board-away',
    view: '',
    says: /The board thinker does not answer/,
    prepare: (f) => changeOverview(f, boardAway),
  },
  {
    name: 'board-away-system',
    view: '?view=system',
    says: /5 of 7|the board does not answer/,
    prepare: (f) => changeOverview(f, boardAway),
  },
  {
    name: 'holdings-5000',
    view: '?view=holdings',
    says: /of 5000 are shown/,
    prepare: (f) => changeOverview(f, manyHoldings),
  },
  {
    name: 'only-sales',
    view: '',
    says: /Only sales are sent/,
    prepare: (f) => restrict(f, 'REDUCING'),
  },
  {
    name: 'halted',
    view: '',
    says: /Trading is stopped; nothing is sent.*away for two weeks/s,
    prepare: (f) => restrict(f, 'HALTED'),
  },
  {
    name: 'prices-old',
    view: '',
    says: /Prices are from .* days\./,
    prepare: async (f) => {
      await restrict(f, 'ACTIVE');
      f.clock.advance(9 * DAY_MS);
    },
  },
];

describeInBrowser('the page, as its owner finds it', () => {
  const fixtures: { lived?: PageFixture; first?: PageFixture } = {};

  beforeAll(async () => {
    redis = await startTestRedis();
    fixtures.lived = await openPageFixture(redis, {
      past: { days: 400, holdings: 12, deposit: 40_000 },
    });
    fixtures.first = await openPageFixture(redis);
    browser = await openBrowser();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await browser?.close();
    await Promise.all(Object.values(fixtures).map((one) => one.close()));
    await redis.stop();
  });

  it.each(states)('$name', async ({ name, view, says, isFirstDay, prepare }) => {
    const fixture = (isFirstDay ? fixtures.first : fixtures.lived) as PageFixture;
    await prepare?.(fixture);
    for (const width of [390, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        const viewport = { width, height: 900 };
        const { page, complaints, close } = await openTab(browser, { colorScheme, viewport });
        await page.goto(`${fixture.url}?view=sign-in`);
        await page.fill('#password', PASSWORD);
        await page.press('#password', 'Enter');
        await page.waitForSelector('#strip');
        await page.goto(fixture.url + view);
        expect(await page.locator('main').innerText()).toMatch(says);
        expect(await axeViolations(page)).toEqual([]);
        const wide = 'Math.max(0, document.documentElement.scrollWidth - window.innerWidth)';
        expect(await page.evaluate(wide)).toBe(0);
        await picture(page, `state-${name}-${width}-${colorScheme}`);
        expect(complaints).toEqual([]);
        await close();
      }
  });
});
