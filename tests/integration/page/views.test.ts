/** The page in a real browser: every view at three widths, light and dark, by axe and by keyboard. */
import type { Browser } from 'playwright-core';
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

const views = ['', '?view=holdings', '?view=ledger', '?view=system', '?view=sign-in'];
const forms = [
  ...['stop', 'resume', 'reduce', 'approve', 'reject', 'trust', 'job&job=backup'],
  ...['deposit', 'withdrawal', 'import', 'policy', 'targets'],
].map((name) => `?view=${name}`);
const widths = [1280, 390, 320];

describeInBrowser('the page in a browser', () => {
  let redis: TestRedis;
  let fixture: PageFixture;
  let browser: Browser;

  beforeAll(async () => {
    redis = await startTestRedis();
    fixture = await openPageFixture(redis, { past: { days: 400, holdings: 12, deposit: 40_000 } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await fixture?.close();
    await redis.stop();
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each(widths)('renders every view at a width of %d without an error', async (width) => {
      const viewport = { width, height: 900 };
      const { page, complaints, close } = await openTab(browser, { colorScheme, viewport });
      for (const view of views) {
        await page.goto(fixture.url + view);
        const overflow = `document.documentElement.scrollWidth - window.innerWidth`;
        expect([view, await page.evaluate(overflow)]).toEqual([view, expect.any(Number)]);
        expect(Number(await page.evaluate(overflow))).toBeLessThanOrEqual(0);
        expect([view, await axeViolations(page)]).toEqual([view, []]);
      }
      expect(complaints).toEqual([]);
      await close();
    });
  });

  it.each(widths)('renders every form at a width of %d without an error', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const viewport = { width, height: 900 };
      const { page, complaints, close } = await openTab(browser, { colorScheme, viewport });
      await page.goto(`${fixture.url}?view=sign-in`);
      await page.fill('#password', PASSWORD);
      await page.press('#password', 'Enter');
      await page.waitForSelector('#strip');
      for (const view of ['', '?view=system', ...forms]) {
        await page.goto(fixture.url + view);
        const overflow = `document.documentElement.scrollWidth - window.innerWidth`;
        expect([view, Math.max(0, Number(await page.evaluate(overflow)))]).toEqual([view, 0]);
        expect([view, await axeViolations(page)]).toEqual([view, []]);
        expect([view, await smallTargets(page)]).toEqual([view, []]);
        await picture(
          page,
          `form-${width}-${colorScheme}-${/view=([a-z-]+)/.exec(view)?.[1] ?? 'overview'}`,
        );
      }
      expect(complaints).toEqual([]);
      await close();
    }
  });

  it('shows what a change would do by the keyboard alone, and then does it', async () => {
    const { page, complaints, close } = await openTab(browser, { javaScriptEnabled: false });
    await page.goto(`${fixture.url}?view=sign-in&then=withdrawal`);
    await page.fill('#password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#amount');
    await page.keyboard.type('12.50');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.effects');
    expect(await page.locator('.effects').innerText()).toMatch(/Cash goes from €.* to €/);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Leave it as it is');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Done');
    await page.goto(`${fixture.url}?view=ledger`);
    expect(await page.locator('main').innerText()).toContain('12.50');
    expect(complaints).toEqual([]);
    await close();
  });

  it('is complete without scripts', async () => {
    const { page, complaints, close } = await openTab(browser, { javaScriptEnabled: false });
    await page.goto(fixture.url);
    expect(await page.locator('h2').allInnerTexts()).toEqual(
      expect.arrayContaining(['The plan', 'Holdings', 'How are we doing?', 'System']),
    );
    expect(await page.locator('.plot svg').getAttribute('aria-label')).toMatch(
      /^From €.* to €.*the investments made [+−]/,
    );
    expect(complaints).toEqual([]);
    await close();
  });

  it('stops and resumes trading by the keyboard alone', async () => {
    const { page, complaints, close } = await openTab(browser);
    await page.goto(fixture.url);
    const press = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 200; presses += 1) {
        await page.keyboard.press('Tab');
        const text = String(await page.evaluate('document.activeElement.innerText ?? ""'));
        if (text.trim() === name) return page.keyboard.press('Enter');
      }
      throw new Error(`no ${name} is reached by Tab`);
    };
    await press('STOP');
    await page.locator('#password').waitFor();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop now' }).waitFor();
    await press('Stop now');
    await page.getByText('Trading is stopped; nothing is sent.').waitFor();
    expect(await fixture.dependencies.database.redis.hget('{trading}:control', 'json')).toContain(
      'HALTED',
    );
    await press('Resume…');
    await page.getByRole('heading', { name: 'Let trading go on?' }).waitFor();
    // The password was given a moment ago.
    expect(await page.locator('#proof').count()).toBe(0);
    await press('Resume trading');
    await page.locator('.strip.good').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('is refreshed when trading is halted elsewhere', async () => {
    const { page, complaints, close } = await openTab(browser);
    await page.goto(fixture.url);
    await page.locator('.strip').waitFor();
    const summary = page.locator('#curve-table > summary');
    await summary.click();
    const { redis: client } = fixture.dependencies.database;
    const json = JSON.stringify({ state: 'HALTED', reason: 'from elsewhere' });
    await client.hset('{trading}:control', { version: '99', json });
    await page.getByText('from elsewhere').first().waitFor();
    expect(await page.locator('#curve-table').getAttribute('open')).not.toBeNull();
    await client.del('{trading}:control');
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows what changed after it was made and before it listened', async () => {
    const { page, close } = await openTab(browser);
    const { redis: client } = fixture.dependencies.database;
    const control = '{trading}:control';
    await page.route('**/events*', async (route) => {
      if ((await client.exists(control)) === 0) {
        const json = JSON.stringify({ state: 'HALTED', reason: 'before it listened' });
        await client.hset(control, { version: '98', json });
      }
      await route.continue();
    });
    await page.goto(fixture.url);
    await page.getByText('before it listened').first().waitFor();
    await client.del(control);
    await close();
  });

  it('hides amounts, and keeps them hidden', async () => {
    const { page, close } = await openTab(browser);
    await page.goto(fixture.url);
    await page.locator('#eye').click();
    expect(await page.locator('html').getAttribute('class')).toContain('hide');
    await page.reload();
    expect(await page.locator('#eye').getAttribute('aria-pressed')).toBe('true');
    await close();
  });
});
