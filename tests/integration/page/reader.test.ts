/** The page as its reader has it: own language, keyboard, paper, no motion; and the presses that a task takes. */
import type { Browser, Page } from 'playwright-core';
import { gateway } from '#shared/contract/gateway.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  axeViolations,
  describeInBrowser,
  openBrowser,
  openTab,
  picture,
  smallTargets,
} from '../../support/endpoints/browser.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';

describeInBrowser('a reader of the page', () => {
  let redis: TestRedis;
  let fixture: PageFixture;
  let browser: Browser;

  beforeAll(async () => {
    redis = await startTestRedis();
    fixture = await openPageFixture(redis, { waits: true, env: { CANDIDATES_MAX: '20' } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await fixture?.close();
    await redis.stop();
  });

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${fixture.url}?view=sign-in`);
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
    await page.waitForSelector('#strip');
  }

  async function waiting() {
    const { functions } = fixture.dependencies;
    const options = { signal: new AbortController().signal, requestId: 'list' };
    return (await functions.call(gateway.listProposals, { limit: 1 }, options)).proposals[0];
  }

  /** Tab until what has the focus says `name`. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 200; presses += 1) {
      await page.keyboard.press('Tab');
      const text = String(await page.evaluate('document.activeElement.innerText ?? ""'));
      if (name.test(text.trim())) return;
    }
    throw new Error(`${name} is not reached by Tab`);
  }

  it.each([
    ['de-DE', /25\.000,00\s€/, /4\. März/, /\d,\d\s?%/],
    ['en-GB', /€25,000\.00/, /4 Mar/, /\d\.\d%/],
  ])(
    'reads numbers and dates as in %s, with and without scripts',
    async (locale, money, day, share) => {
      for (const javaScriptEnabled of [true, false]) {
        const { page, complaints, close } = await openTab(browser, { locale, javaScriptEnabled });
        await page.goto(fixture.url);
        for (const text of [money, day, share])
          expect(await page.locator('main').innerText()).toMatch(text);
        const all = await page.locator('main').evaluate((main) => main.textContent);
        // Amounts of the planner's sentences, too.
        expect(all).not.toMatch(/\bEUR -?\d/);
        if (locale === 'de-DE') expect(all).not.toMatch(/\d\.\d+ (bp|%)/);
        expect(complaints).toEqual([]);
        await close();
      }
    },
  );

  it('prints the plan with every reason on one sheet', async () => {
    // The width of A4 within its margins.
    const { page, close } = await openTab(browser, { viewport: { width: 718, height: 1046 } });
    await page.goto(fixture.url);
    const orders = (await waiting())?.plan?.actions ?? [];
    expect(orders).toHaveLength(12);
    const sheets = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    await page.emulateMedia({ media: 'print' });
    await picture(page, 'print');
    expect(sheets.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    const printed = await page.locator('body').innerText();
    for (const { symbol, quantity } of orders)
      expect(printed).toContain(`Buy ${quantity} ${symbol}`);
    expect(printed.match(/adds \d/g)).toHaveLength(12);
    expect(printed).toContain('PRACTICE');
    expect(await page.locator('button:visible:not(.term)').count()).toBe(0);
    await close();
  });

  it('moves nothing for who does not want it', async () => {
    const { page, close } = await openTab(browser, { reducedMotion: 'reduce' });
    await page.goto(fixture.url);
    const moving = await page.evaluate(`[...document.querySelectorAll('*')].filter((one) => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(one);
      return parseFloat(transitionDuration) > 0.01 || animationName !== 'none' || scrollBehavior === 'smooth';
    }).map((one) => one.outerHTML.slice(0, 80))`);
    expect(moving).toEqual([]);
    await close();
  });

  it.each([390, 1280])('breaks no rule of WCAG with a plan that waits, at %d', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const viewport = { width, height: 900 };
      const { page, complaints, close } = await openTab(browser, { colorScheme, viewport });
      await signIn(page);
      for (const view of ['overview', 'system', 'approve', 'change', 'reject', 'passkey']) {
        await page.goto(`${fixture.url}?view=${view}`);
        expect([view, await axeViolations(page)]).toEqual([view, []]);
        const wide = 'Math.max(0, document.documentElement.scrollWidth - window.innerWidth)';
        expect([view, await page.evaluate(wide)]).toEqual([view, 0]);
        expect([view, await smallTargets(page)]).toEqual([view, []]);
        await picture(page, `${width}-${colorScheme}-${view}`);
      }
      expect(complaints).toEqual([]);
      await close();
    }
  });

  it('sees how things stand at once, and why an order is made by one press', async () => {
    const { page, close } = await openTab(browser, { viewport: { width: 390, height: 844 } });
    await page.goto(fixture.url);
    const strip = page.locator('#strip');
    expect(await strip.innerText()).toMatch(/12 orders waits? for your answer.*Until .*no answer/s);
    const box = await strip.boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(844);
    const [order] = (await waiting())?.plan?.actions ?? [];
    const item = page.locator('.orders li').first();
    await item.locator('summary').click();
    expect(await item.innerText()).toContain(order?.symbol ?? '');
    expect(await item.innerText()).toMatch(/Why\s+Buy for/);
    await close();
  });

  it('changes and approves the plan by the keyboard, in as many presses as there are questions', async () => {
    const { page, complaints, close } = await openTab(browser);
    await signIn(page);
    const before = await waiting();
    const [first] = before?.plan?.actions ?? [];
    await tabTo(page, /^Change…$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Change the plan' }).waitFor();
    await page.locator(`[name="leave-${first?.isin}"]`).focus();
    await page.keyboard.press('Space');
    await tabTo(page, /^Show what it does$/);
    await page.keyboard.press('Enter');
    await page.getByText('Left out:').waitFor();
    expect(await page.locator('.effects').innerText()).toMatch(/^PRACTICE: no real money/);
    await tabTo(page, /^Use it and send 11 orders$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    const approved = await waiting();
    expect(approved?.digest).not.toBe(before?.digest);
    expect(approved).toMatchObject({ state: 'APPROVED', surface: 'page' });
    expect(approved?.plan?.actions).toHaveLength(11);
    expect(complaints).toEqual([]);
    await close();
  });
});
