/** A hostile page in another tab of the browser that is signed in: at another site, and at another port of the same host. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { describeInBrowser, openBrowser, openTab } from '../../support/endpoints/browser.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';

/** What it tries; each attempt ends by itself, and its result stands in \`results\`. */
const hostile = (page: string): string => `<!doctype html><title>hostile</title>
<iframe name="frame" src="${page}"></iframe><iframe name="sink"></iframe>
<form target="sink" method="post" action="${page}"><input name="do" value="halt"></form>
<script>
  const results = {};
  const tried = async (name, work) => {
    try { results[name] = String(await work()); } catch (thrown) { results[name] = 'refused'; }
  };
  const loaded = (tag, source) => new Promise((resolve) => {
    const one = document.createElement(tag);
    if (tag === 'link') one.rel = 'stylesheet';
    one.onload = () => resolve('loaded'); one.onerror = () => resolve('refused');
    one[tag === 'link' ? 'href' : 'src'] = source; document.body.append(one);
  });
  const post = (fields, more = {}) => fetch('${page}', { method: 'POST', credentials: 'include',
    body: new URLSearchParams(fields), ...more });
  const all = (async () => {
    await tried('read', async () => (await fetch('${page}', { credentials: 'include' })).text());
    await tried('read-events', () => new Promise((resolve) => {
      const events = new EventSource('${page}events', { withCredentials: true });
      events.onopen = () => resolve('open'); events.onerror = () => { events.close(); resolve('refused'); };
    }));
    await tried('script', () => loaded('script', '${page}app.js'));
    await tried('style', () => loaded('link', '${page}app.css'));
    await tried('picture', () => loaded('img', '${page}icon.svg'));
    await tried('post', async () => (await post({ do: 'halt' })).status);
    await tried('blind-post', async () => (await post({ do: 'halt' }, { mode: 'no-cors' })).type);
    await tried('json-post', async () => (await post({}, { mode: 'no-cors', body: JSON.stringify({ do: 'halt' }) })).type);
    document.forms[0].submit();
    const opened = window.open('${page}');
    await tried('opened', async () => {
      // Blank and its own until the page is there; then out of reach, or cut off as if it were closed.
      while (!opened.closed && opened.location.href === 'about:blank')
        await new Promise((resolve) => setTimeout(resolve, 20));
      return opened.closed ? 'refused' : opened.document.title;
    });
    opened?.postMessage({ do: 'halt', type: 'click', target: 'STOP' }, '*');
    opened?.close();
    await tried('framed', () => window.frames.frame.document.title);
    return results;
  })();
</script>`;

describeInBrowser('a hostile page in another tab', () => {
  let redis: TestRedis;
  let fixture: PageFixture;
  let browser: Browser;
  let attacker: Server;

  beforeAll(async () => {
    redis = await startTestRedis();
    fixture = await openPageFixture(redis, { past: { days: 40, holdings: 2, deposit: 5_000 } });
    browser = await openBrowser();
    attacker = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(hostile(fixture.url)),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => attacker.once('listening', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    attacker?.close();
    await fixture?.close();
    await redis.stop();
  });

  it.each(['localhost', '127.0.0.1'])('at %s reads nothing and changes nothing', async (host) => {
    const { page: owner, close } = await openTab(browser);
    await owner.goto(`${fixture.url}?view=sign-in`);
    await owner.fill('#password', PASSWORD);
    await owner.press('#password', 'Enter');
    await owner.waitForSelector('#strip');
    const cookies = await owner.context().cookies();

    const other = await owner.context().newPage();
    const answers: [string, number][] = [];
    other.on('response', (response) => {
      if (response.url() === fixture.url)
        answers.push([response.request().method(), response.status()]);
    });
    const { port } = attacker.address() as AddressInfo;
    await other.goto(`http://${host}:${port}/`);
    const results = (await other.evaluate('all')) as Record<string, string>;
    expect(results).toEqual({
      ...{ read: 'refused', 'read-events': 'refused', opened: 'refused', framed: 'refused' },
      ...{ script: 'refused', style: 'refused', picture: 'refused' },
      ...{ post: 'refused', 'blind-post': expect.any(String), 'json-post': expect.any(String) },
    });
    await other.waitForTimeout(500);
    // Every form that it sent was refused, whether the browser sent the cookie along or not.
    const posts = answers.filter(([method]) => method === 'POST').map(([, status]) => status);
    expect(posts.length).toBeGreaterThan(0);
    expect(posts.every((status) => status === 403)).toBe(true);
    expect(await other.locator('iframe[name=frame]').contentFrame().locator('#strip').count()).toBe(
      0,
    );

    const control = await fixture.dependencies.database.redis.hget(keys.trading.control(), 'json');
    expect(control ?? '').not.toContain('HALTED');
    // The owner is still signed in, and can act.
    await owner.reload();
    expect(await owner.locator('footer').innerText()).toContain('change things and trade');
    expect((await owner.context().cookies()).map(({ name }) => name)).toEqual(
      cookies.map(({ name }) => name),
    );
    await close();
  });

  it('is not shown to who goes back after signing out, nor in another tab that was left open', async () => {
    const { page, close } = await openTab(browser);
    const signIn = async (): Promise<void> => {
      await page.goto(`${fixture.url}?view=sign-in`);
      await page.fill('#password', PASSWORD);
      await page.press('#password', 'Enter');
      await page.waitForSelector('#strip');
    };
    await signIn();
    await page.goto(`${fixture.url}?view=system`);
    const other = await page.context().newPage();
    await other.goto(`${fixture.url}?view=system`);
    await other.locator('[data-part=sessions]').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    expect(await page.locator('[data-part=sessions]').count()).toBe(0);
    // Its stream of events ended with the session.
    await other.locator('[data-part=sessions]').waitFor({ state: 'detached' });
    await close();
  });

  it('takes a file for its text, whatever its name', async () => {
    const { page, complaints, close } = await openTab(browser);
    await page.goto(`${fixture.url}?view=sign-in&then=import`);
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
    const name = '"><img src=x onerror="document.title=1">.html';
    const buffer = Buffer.from('<script>document.title = "taken"</script>');
    await page.locator('#file').setInputFiles({ name, mimeType: 'text/html', buffer });
    await page.waitForFunction('document.getElementById("content").value !== ""');
    await page.getByRole('button', { name: 'Show what it does' }).click();
    await page.getByRole('heading', { level: 1, name: /Not possible|Book these/ }).waitFor();
    expect(await page.title()).toContain('Trader');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(complaints.filter((one) => !one.includes('400 (Bad Request)'))).toEqual([]);
    await close();
  });
});
