/** The page in every state that its owner may find it in: looked at by people in the pictures, by rules here. */
import type { Browser } from 'playwright-core';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { present } from '#shared/kernel/assert.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import type { Past } from '../../support/brokers/lived-account.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  axeViolations,
  describeInBrowser,
  openBrowser,
  openTab,
  picture,
  smallTargets,
  type Watched,
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
  const options = { signal: new AbortController().signal, requestId: state, idempotencyKey: state };
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
    value: { amount: '1234567.89', currency: 'EUR' },
    gain: { amount: '-1234567.89', currency: 'EUR' },
  })) as GetOverviewResponse['holdings'],
  holdingCount: HOLDINGS,
});

/** Seven digits before the comma, everywhere on the overview. */
const millions: Change = ({ value, holdings }) => {
  const much = { amount: '-1234567.89', currency: 'EUR' };
  const positive = { ...much, amount: '1234567.89' };
  return {
    value: value && { ...value, total: positive, cash: positive, gain: much, paidIn: positive },
    holdings: holdings.map((one) => ({ ...one, value: positive, gain: much })),
  };
};

/** What sticks out of its card, other than within a part that scrolls. */
const outOfCards = `[...document.querySelectorAll('.card, .figure')].flatMap((card) => {
  const { left, right } = card.getBoundingClientRect();
  return [...card.querySelectorAll(':scope *')].filter((one) => {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || one.closest('.scroll, .sr, svg')) return false;
    return box.right > right + 1 || box.left < left - 1;
  }).map((one) => one.outerHTML.slice(0, 80));
})`;

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
  {
    name: 'millions',
    view: '',
    says: /1,234,567\.89/,
    prepare: (f) => changeOverview(f, millions),
  },
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
    says: /of 5,000 are shown/,
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
    says: /Prices are from .* days\..*Fetch prices now/s,
    prepare: async (f) => {
      await restrict(f, 'ACTIVE');
      f.clock.advance(9 * DAY_MS);
    },
  },
];

interface Owner {
  readonly fixture: PageFixture;
  /** Signed in, at both widths, light and dark. */
  readonly tabs: readonly (Watched & { readonly name: string })[];
}

async function openOwner(past?: Past): Promise<Owner> {
  const fixture = await openPageFixture(redis, past && { past });
  const tabs = [];
  for (const width of [390, 1280])
    for (const colorScheme of ['light', 'dark'] as const) {
      const tab = await openTab(browser, { colorScheme, viewport: { width, height: 900 } });
      await tab.page.goto(`${fixture.url}?view=sign-in`);
      await tab.page.fill('#password', PASSWORD);
      await tab.page.press('#password', 'Enter');
      await tab.page.waitForSelector('#strip');
      tabs.push({ ...tab, name: `${width}-${colorScheme}` });
    }
  return { fixture, tabs };
}

describeInBrowser('the page, as its owner finds it', () => {
  const owners: { lived?: Owner; first?: Owner } = {};

  beforeAll(async () => {
    redis = await startTestRedis();
    browser = await openBrowser();
    owners.lived = await openOwner({ days: 400, holdings: 12, deposit: 40_000 });
    owners.first = await openOwner();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await browser?.close();
    await Promise.all(Object.values(owners).map(({ fixture }) => fixture.close()));
    await redis.stop();
  });

  it.each(states)('$name', async ({ name, view, says, isFirstDay, prepare }) => {
    const { fixture, tabs } = present(isFirstDay ? owners.first : owners.lived, 'it was opened');
    await prepare?.(fixture);
    for (const { page, complaints, name: where } of tabs) {
      await page.goto(fixture.url + view);
      expect(await page.locator('main').innerText()).toMatch(says);
      expect(await axeViolations(page)).toEqual([]);
      const wide = 'Math.max(0, document.documentElement.scrollWidth - window.innerWidth)';
      expect([where, await page.evaluate(wide)]).toEqual([where, 0]);
      expect([where, await page.evaluate(outOfCards)]).toEqual([where, []]);
      expect([where, await smallTargets(page)]).toEqual([where, []]);
      await picture(page, `state-${name}-${where}`);
      expect(complaints).toEqual([]);
    }
  });
});
