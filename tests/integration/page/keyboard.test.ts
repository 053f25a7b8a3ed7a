/** The page without a mouse: each action by Tab, Space, Enter and Escape, and what a screen reader is given. */
import type { Browser, Page } from 'playwright-core';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { describeInBrowser, openBrowser, openTab } from '../../support/endpoints/browser.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';

/** What has the focus in words: its label, else what it says. */
const FOCUSED = `(() => {
  const { activeElement: one } = document;
  if (one === document.body) return '';
  const label = one.labels?.[0]?.innerText ?? one.getAttribute('aria-label') ?? '';
  return (label || one.innerText || '').trim();
})()`;

/** Whether what has the focus can be seen to have it: within the window, uncovered, with an outline. */
const SEEN = `(() => {
  const { activeElement: one } = document;
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, innerHeight - box.y) / 2];
  const top = document.elementFromPoint(x, y);
  const style = getComputedStyle(one);
  return {
    isOnTop: top !== null && (one.contains(top) || top.contains(one)),
    outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
})()`;
const ORDERS = { CANDIDATES_MAX: '10', PLAN_ORDERS_MAX: '4' };

describeInBrowser('the page without a mouse', () => {
  let redis: TestRedis;
  let fixture: PageFixture;
  let browser: Browser;

  beforeAll(async () => {
    redis = await startTestRedis();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await redis.stop();
  });

  /** Tab, until what has the focus is named so; each stop on the way has to be seen. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 200; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = String(await page.evaluate(FOCUSED));
      if (focused === '') continue;
      expect([focused, await page.evaluate(SEEN)]).toEqual([
        ...[focused, { isOnTop: true, outline: true }],
      ]);
      if (name.test(focused)) return;
    }
    throw new Error(`${name} is not reached by Tab`);
  }

  async function press(page: Page, name: RegExp): Promise<void> {
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  }

  async function heading(page: Page, name: string | RegExp): Promise<void> {
    await page.getByRole('heading', { level: 1, name }).waitFor();
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto(fixture.url);
    await press(page, /^Sign in$/);
    await heading(page, 'Sign in');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#strip').waitFor();
  }

  function ask<T>(work: (options: { signal: AbortSignal; requestId: string }) => Promise<T>) {
    return work({ signal: AbortSignal.timeout(30_000), requestId: 'ask' });
  }

  const tradingState = () =>
    fixture.dependencies.database.redis.hget(keys.trading.control(), 'json');
  const proposal = async () => {
    const { functions } = fixture.dependencies;
    const { proposals } = await ask((o) => functions.call(gateway.listProposals, { limit: 1 }, o));
    return proposals[0];
  };

  /** Each control, picture, region and table of a view has a name, and one that tells it from the others. */
  async function named(page: Page, view: string): Promise<void> {
    const devtools = await page.context().newCDPSession(page);
    const named = ['link', 'button', 'textbox', 'checkbox', 'radio', 'combobox', 'image', 'region'];
    const roles = new Set([...named, 'table', 'navigation', 'DisclosureTriangle', 'img']);
    await page.goto(`${fixture.url}?view=${view}`);
    const { nodes } = (await devtools.send('Accessibility.getFullAXTree')) as {
      nodes: AxNode[];
    };
    const shown = nodes.filter(({ ignored }) => !ignored);
    const nameless = shown.filter(
      ({ role, name }) => roles.has(String(role?.value)) && !String(name?.value ?? '').trim(),
    );
    expect([view, nameless.map(({ role }) => role?.value)]).toEqual([view, []]);
    // Two controls that do different things are told apart by their names.
    const links = await page
      .locator('main a[href]')
      .evaluateAll((all) =>
        all.map((one) => [one.textContent?.trim().replace(/\s+/g, ' '), one.getAttribute('href')]),
      );
    const targets = new Map<string, Set<string>>();
    for (const [name, href] of links)
      targets.set(String(name), (targets.get(String(name)) ?? new Set()).add(String(href)));
    const twofold = [...targets].filter(([, all]) => all.size > 1).map(([name]) => name);
    expect([view, twofold]).toEqual([view, []]);
    const bare = await page
      .locator('table')
      .evaluateAll(
        (all) =>
          all.filter(
            (one) =>
              !one.querySelector('caption') ||
              !one.querySelector('thead th[scope=col]') ||
              [...one.querySelectorAll('tbody tr')].some(
                (row) => !row.querySelector('th[scope=row]'),
              ),
          ).length,
      );
    expect([view, bare]).toEqual([view, 0]);
    expect([view, await page.locator('h1').count()]).toEqual([view, 1]);
  }

  describe('with a plan that waits', () => {
    beforeEach(async () => {
      fixture = await openPageFixture(redis, { waits: true, env: ORDERS });
    });
    afterEach(() => fixture.close());

    it('approves a plan', async () => {
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      for (const view of ['overview', 'approve', 'change', 'reject']) await named(page, view);
      await page.goto(fixture.url);
      await press(page, /^Approve \d+ orders…$/);
      await heading(page, 'Send these orders?');
      expect(await page.evaluate(FOCUSED)).toBe('Leave it as it is');
      await press(page, /^Send \d+ orders$/);
      await heading(page, 'Done');
      expect(await proposal()).toMatchObject({ state: 'APPROVED', surface: 'page' });
      expect(complaints).toEqual([]);
      await close();
    });

    it('rejects a plan with a reason that arrows choose', async () => {
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      await press(page, /^Reject…$/);
      await heading(page, 'Reject this plan?');
      await tabTo(page, /^too much at once$/);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await tabTo(page, /^In your words/);
      await page.keyboard.type('not before the summer');
      await page.keyboard.press('Enter');
      await heading(page, 'Done');
      expect(await proposal()).toMatchObject({
        ...{ state: 'REJECTED', reason: 'not now: not before the summer' },
      });
      expect(complaints).toEqual([]);
      await close();
    });
  });

  describe('with an account', () => {
    beforeEach(async () => {
      const past = { days: 40, holdings: 2, deposit: 5_000 };
      fixture = await openPageFixture(redis, { past });
    });
    afterEach(() => fixture.close());

    it('notes a deposit, and imports a text after its preview', async () => {
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      await press(page, /^Deposit…$/);
      await heading(page, 'Note a deposit');
      await page.keyboard.type('250.50');
      await tabTo(page, /^start a trading cycle/);
      await press(page, /^Show what it does$/);
      await page.locator('.effects').waitFor();
      await press(page, /^Note €250\.50$/);
      await heading(page, 'Done');
      await page.goto(fixture.url);
      await press(page, /^Import…$/);
      await heading(page, 'Import transactions');
      await tabTo(page, /^Its text$/);
      await page.keyboard.type('date,kind,amount,currency\n2026-02-02,deposit,100.00,EUR');
      // Out of the text by Tab: it is no trap.
      await press(page, /^Show what it does$/);
      await heading(page, 'Book these transactions?');
      await press(page, /^Book 1 movement$/);
      await heading(page, 'Done');
      const lines = await fixture.dependencies.database.redis.lrange(
        keys.portfolio.ledger('default'),
        ...([0, -1] as const),
      );
      for (const amount of ['"250.50"', '"100.00"'])
        expect(lines.filter((line) => line.includes(amount))).toHaveLength(1);
      expect(complaints).toEqual([]);
      await close();
    });

    it('excludes a security, and changes the policy', async () => {
      const { functions } = fixture.dependencies;
      const { holdings } = await ask((o) => functions.call(gateway.getOverview, {}, o));
      const isin = holdings[0]?.isin ?? '';
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      await press(page, /^Policy…$/);
      await heading(page, 'Investment policy');
      await tabTo(page, /^Security$/);
      await page.keyboard.type(isin);
      await tabTo(page, /^exclude it/);
      await tabTo(page, /^Last day/);
      await press(page, /^Show what it does$/);
      await page.locator('.effects').waitFor();
      await press(page, /^Store this policy$/);
      await heading(page, 'Done');
      const stored = () => ask((o) => functions.call(portfolio.getPolicy, {}, o));
      expect((await stored()).policy?.document).toContain(isin);
      await page.goto(`${fixture.url}?view=policy`);
      await tabTo(page, /^YAML or JSON$/);
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\n# by the keyboard');
      await press(page, /^Show what it does$/);
      await page.locator('.effects').waitFor();
      await press(page, /^Store this policy$/);
      await heading(page, 'Done');
      expect((await stored()).policy?.document).toContain('# by the keyboard');
      expect(complaints).toEqual([]);
      await close();
    });

    it('stops, takes a step of trust, and resumes', async () => {
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      await press(page, /^STOP$/);
      await page.getByText('Trading is stopped; nothing is sent.').waitFor();
      expect(await tradingState()).toContain('HALTED');
      await press(page, /^Trust: paper…$/);
      await heading(page, 'How far may it act alone?');
      await tabTo(page, /^paper$/);
      await page.keyboard.press('ArrowUp');
      await press(page, /^Set this level$/);
      await heading(page, 'Done');
      await page.goto(fixture.url);
      expect(await page.locator('main').innerText()).toContain('Trust: simulated…');
      await press(page, /^Resume$/);
      await heading(page, 'Let trading go on?');
      await press(page, /^Resume trading$/);
      await page.locator('#strip:not(.bad)').waitFor();
      expect(await tradingState()).toContain('ACTIVE');
      await press(page, /^Sign out$/);
      await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
      expect(complaints).toEqual([]);
      await close();
    });
  });

  describe('reading it', () => {
    beforeAll(async () => {
      const past = { days: 90, holdings: 3, deposit: 5_000 };
      fixture = await openPageFixture(redis, { past });
    });
    afterAll(() => fixture.close());

    it('shows the meaning of a term, and takes it away by Escape with the focus where it was', async () => {
      const { page, close } = await openTab(browser);
      await page.goto(fixture.url);
      await press(page, /^Free to invest$/);
      const meaning = page.locator('#t-free-cash');
      await meaning.waitFor({ state: 'visible' });
      await page.keyboard.press('Escape');
      await meaning.waitFor({ state: 'hidden' });
      expect(await page.evaluate(FOCUSED)).toBe('Free to invest');
      await close();
    });

    it('goes through the whole page and out of it: Tab is caught nowhere', async () => {
      const { page, close } = await openTab(browser);
      await signIn(page);
      for (const view of ['', '?view=system', '?view=policy', '?view=targets', '?view=import']) {
        await page.goto(fixture.url + view);
        const count = Number(
          await page.evaluate(
            `[...document.querySelectorAll('a[href], button, summary, input, textarea, [tabindex="0"]')].filter((one) => one.checkVisibility()).length`,
          ),
        );
        await page.evaluate('document.activeElement.blur()');
        const seen = new Set<number>();
        const index = `[...document.querySelectorAll('*')].indexOf(document.activeElement)`;
        let isThrough = false;
        for (let presses = 0; presses <= count + 5 && !isThrough; presses += 1) {
          await page.keyboard.press('Tab');
          const at = Number(await page.evaluate(index));
          isThrough =
            seen.has(at) ||
            (await page.evaluate('document.activeElement === document.body')) === true;
          seen.add(at);
        }
        expect([view, isThrough]).toEqual([view, true]);
        // Once per control; radio buttons of a group are one stop.
        expect(seen.size).toBeGreaterThan(8);
      }
      await close();
    });

    it('keeps the focus on the same control when the page is drawn anew', async () => {
      const { page, complaints, close } = await openTab(browser);
      await signIn(page);
      const { redis: client } = fixture.dependencies.database;
      const halt = (version: string, reason: string) =>
        client.hset('{trading}:control', {
          version,
          json: JSON.stringify({ state: 'HALTED', reason }),
        });
      let version = 90;
      for (const name of [/^3 years$/, /^Deposit…$/, /^All holdings and lots$/, /^Hide amounts$/]) {
        await page.evaluate('document.activeElement.blur(); window.scrollTo(0, 0)');
        await tabTo(page, name);
        const focused = String(await page.evaluate(FOCUSED));
        await page.evaluate('document.activeElement.dataset.before = "yes"');
        version += 1;
        await halt(String(version), `from elsewhere ${version}`);
        await page.getByText(`from elsewhere ${version}`).first().waitFor();
        expect(await page.evaluate(FOCUSED)).toBe(focused);
      }
      await client.del('{trading}:control');
      expect(complaints).toEqual([]);
      await close();
    });

    it('says a change of how things stand once, and nothing where nothing changed', async () => {
      const { page, close } = await openTab(browser);
      await page.goto(fixture.url);
      await page.locator('#strip').waitFor();
      await page.evaluate(`window.said = [];
      new MutationObserver(() => said.push(document.getElementById('announcement').textContent))
        .observe(document.getElementById('announcement'), { childList: true, characterData: true, subtree: true })`);
      const regions = await page
        .locator('[aria-live], [role=status], [role=alert], [role=log]')
        .count();
      expect(regions).toBe(1);
      const { redis: client } = fixture.dependencies.database;
      const halt = (version: string) => {
        const json = JSON.stringify({ state: 'HALTED', reason: 'from elsewhere' });
        return client.hset('{trading}:control', { version, json });
      };
      await halt('199');
      await page.getByText('from elsewhere').first().waitFor();
      const said = ['Trading is stopped; nothing is sent. Why: from elsewhere.'];
      expect(await page.evaluate('said')).toEqual(said);
      // Drawn anew, and how things stand is the same.
      const drawn = page.waitForResponse(fixture.url);
      await halt('200');
      await (await drawn).finished();
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))');
      expect(await page.evaluate('said')).toEqual(said);
      await client.del('{trading}:control');
      await close();
    });

    it('has a name for each control, picture, region and table of the accessibility tree', async () => {
      const { page, close } = await openTab(browser, { viewport: { width: 390, height: 844 } });
      await signIn(page);
      const views = ['overview', 'holdings', 'ledger', 'system', 'trust', 'deposit', 'import'];
      for (const view of [...views, 'policy', 'targets', 'passkey']) await named(page, view);
      await close();
    });
  });
});

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: unknown };
  readonly name?: { readonly value: unknown };
}
