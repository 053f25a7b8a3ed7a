/** Passkeys in a real browser with a virtual authenticator (CDP, WebAuthn domain), and attacks on them. */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { describeInBrowser, openBrowser, openTab } from '../../support/endpoints/browser.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';
import { Visitor } from '../../support/endpoints/visitor.ts';

let redis: TestRedis;
let fixture: PageFixture;
/** The page by the name under which browsers allow passkeys. */
let named: string;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fixture = await openPageFixture(redis);
  named = fixture.url.replace('127.0.0.1', 'localhost');
});
afterEach(() => fixture.close());

describeInBrowser('passkeys', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  async function authenticator(page: Page) {
    const session: CDPSession = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    return { session, authenticatorId };
  }

  async function signOut(page: Page): Promise<void> {
    await page.goto(`${named}?view=system`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
  }

  async function signInByPassword(page: Page, then = ''): Promise<void> {
    await page.goto(`${named}?view=sign-in${then && `&then=${then}`}`);
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
  }

  async function addPasskey(page: Page): Promise<void> {
    await signInByPassword(page, 'passkey');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
  }

  it('is added after the password, signs in without it, and is removed', async () => {
    const { page, complaints, close } = await openTab(browser);
    await authenticator(page);
    await addPasskey(page);
    await signOut(page);
    await page.goto(`${named}?view=sign-in`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('Signed in: may view, change things and trade').waitFor();
    await page.goto(`${named}?view=system`);
    expect(await page.locator('[data-part=audit]').innerText()).toContain('by passkey');
    expect(await page.locator('[data-part=passkeys]').innerText()).toMatch(
      /at localhost.*last used/s,
    );

    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    await page.goto(`${named}?view=sign-in`);
    expect(await page.getByRole('button', { name: 'Use a passkey' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it('proves once more who is there, in place of the password', async () => {
    const { page, close } = await openTab(browser);
    await authenticator(page);
    await addPasskey(page);
    await page.goto(named);
    await page.getByRole('button', { name: 'STOP' }).click();
    await page.getByText('Trading is stopped; nothing is sent.').waitFor();
    fixture.clock.advance(11 * 60_000);
    await page.goto(`${named}?view=resume`);
    expect(await page.locator('#proof').count()).toBe(1);
    await page.getByRole('link', { name: 'sign in again' }).click();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByRole('heading', { name: 'Let trading go on?' }).waitFor();
    expect(await page.locator('#proof').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume trading' }).click();
    await page.locator('.strip.good').waitFor();
    await close();
  });

  it('is not used without the finger, face or PIN of its owner', async () => {
    const { page, close } = await openTab(browser);
    const { session, authenticatorId } = await authenticator(page);
    await addPasskey(page);
    const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toHaveLength(1);
    await signOut(page);
    await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.goto(`${named}?view=sign-in`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('No passkey was given.').waitFor();
    expect(await page.getByText('Signed in').count()).toBe(0);
    await close();
  });

  it('refuses an answer that comes a second time or too late, as it does a wrong password', async () => {
    const { page, close } = await openTab(browser);
    await authenticator(page);
    await addPasskey(page);
    await signOut(page);
    const sent: string[] = [];
    await page.route(named, async (route) => {
      const body = route.request().postData() ?? '';
      if (!body.includes('passkey-sign-in')) return route.continue();
      sent.push(body);
      if (sent.length === 1) fixture.clock.advance(6 * 60_000);
      return route.continue();
    });
    await page.goto(`${named}?view=sign-in`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('That is not right.').waitFor();
    await page.goto(`${named}?view=sign-in`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('Signed in: may view, change things and trade').waitFor();
    const thief = new Visitor(named);
    const fields = Object.fromEntries(new URLSearchParams(sent[1]));
    const answers = [];
    for (let tries = 0; tries < 5; tries += 1) answers.push(await thief.post(fields));
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect(answers[0]?.text).toContain('That is not right.');
    expect(answers[4]?.text).toContain('Wait a minute');
    expect(thief.cookie).toBe('');
    await close();
  });
});

describe('without a browser', () => {
  const csrfOf = (text: string): string => /name="csrf"\s+value="(\w+)"/.exec(text)?.[1] ?? '';

  it('no passkey is offered or added at a bare address, and the page says where', async () => {
    const visitor = new Visitor(fixture.url);
    await visitor.signIn(PASSWORD);
    const { text } = await visitor.get('?view=passkey');
    expect(text).toContain('127.0.0.1 is neither');
    expect(text).toContain(named);
    const csrf = csrfOf(text);
    const options = await visitor.post({ do: 'passkey-options', csrf });
    expect([options.status, JSON.parse(options.text)]).toEqual([
      400,
      { message: expect.stringContaining('allows no passkeys') },
    ]);
    expect((await visitor.get('?view=sign-in')).text).not.toContain('data-passkey="get"');
  });

  it('none is added by another session, without proof, or with what is no credential', async () => {
    const reader = new Visitor(named);
    await reader.signIn(PASSWORD, 'read');
    const readerCsrf = csrfOf((await reader.get()).text);
    const asReader = { do: 'passkey-options', csrf: readerCsrf };
    expect((await reader.post(asReader)).status).toBe(403);
    const owner = new Visitor(named);
    await owner.signIn(PASSWORD);
    const csrf = csrfOf((await owner.get()).text);
    expect((await owner.post({ do: 'passkey-options', csrf: 'x' })).status).toBe(403);
    for (const credential of ['', '{', '[]', '{"id":7}', 'x'.repeat(30_000), '{"id":"a"}'])
      expect((await owner.post({ do: 'passkey-add', csrf, credential })).status).toBe(400);
    fixture.clock.advance(11 * 60_000);
    expect((await owner.post({ do: 'passkey-options', csrf })).status).toBe(403);
  });

  it('any number of challenges fills nothing', async () => {
    const visitor = new Visitor(named);
    for (let asked = 0; asked < 130; asked += 1)
      expect((await visitor.post({ do: 'passkey-challenge' })).status).toBe(200);
    const { redis: client } = fixture.dependencies.database;
    expect(await client.zcard(keys.page.challenges())).toBe(100);
  });
});
