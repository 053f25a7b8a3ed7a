/** The operator's page of functions in a real browser. */
import { mkdir } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { openRig, type Rig } from '../../conformance/rig.ts';
import {
  axeViolations,
  describeInBrowser,
  openBrowser,
  openTab,
  type Watched,
} from '../../support/endpoints/browser.ts';

describeInBrowser('the page of functions', () => {
  let rig: Rig;
  let browser: Browser;
  let tab: Watched;
  let page: Page;

  beforeAll(async () => {
    rig = await openRig({ fixtures: ['echo', 'environment'] });
    browser = await openBrowser();
    tab = await openTab(browser, {
      httpCredentials: { username: 'admin', password: rig.adminPassword },
    });
    page = tab.page;
    await page.goto(`${rig.url}/ui/`);
  });
  afterAll(async () => {
    await browser?.close();
    await rig.close();
  });

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const choose = async (name: string) => {
    await press(name);
    await page.getByRole('heading', { name, exact: true }).waitFor();
  };

  it('lists the functions, and filters them', async () => {
    await page.getByRole('button', { name: 'echo', exact: true }).waitFor();
    await page.getByLabel('Filter').fill('environ');
    await page.getByText('1 of 2 functions').waitFor();
    await page.getByLabel('Filter').fill('');
  });

  it('invokes a function and shows its response', async () => {
    await choose('echo');
    await page.getByLabel('Request body').fill('{"a": 1}');
    await press('Invoke');
    await page.getByText(/^200 OK, \d+ ms$/).waitFor();
    const shown = JSON.parse((await page.locator('#answer').textContent()) ?? '') as object;
    expect(shown).toMatchObject({ body: '{"a": 1}' });
  });

  it('shows the last lines of its log', async () => {
    await press('Show the last 100 lines');
    await page.locator('#logs').filter({ hasText: /\S/ }).waitFor();
    expect(await page.locator('#logs').textContent()).not.toContain('cannot be read');
  });

  it('deploys a function, deploys it again with a change, and removes it', async () => {
    await press('Deploy new function');
    await page.getByLabel('Name', { exact: true }).fill('mine');
    await page.getByLabel('Image').fill('fixtures/environment');
    await page.getByLabel('Environment').fill('A=first');
    await press('Deploy');
    await page.getByRole('heading', { name: 'mine', exact: true }).waitFor();
    await page.getByText('A=first').waitFor();
    await press('Deploy again with changes');
    await page.getByLabel('Environment').fill('A=second=2');
    await press('Deploy');
    await page.getByText('A=second=2').waitFor();
    expect(await (await rig.call('POST', '/function/mine?name=A', {})).text()).toBe('second=2');
    page.once('dialog', (dialog) => void dialog.accept());
    await press('Remove');
    await page.getByText('2 functions').waitFor();
    expect((await rig.call('POST', '/function/mine', {})).status).toBe(404);
  });

  it('says why a function was not deployed', async () => {
    await press('Deploy new function');
    await page.getByLabel('Name', { exact: true }).fill('other');
    await page.getByLabel('Image').fill('nobody/has-this');
    await page.getByLabel('Environment').fill('A');
    await press('Deploy');
    await page.getByText('Not deployed: Environment: "A" has no name and value').waitFor();
    await page.getByLabel('Environment').fill('');
    await press('Deploy');
    await page.getByText(/^Not deployed: (?!Environment)/).waitFor();
    await press('Cancel');
    tab.complaints.splice(0);
  });

  it.each([1280, 390])('breaks no rule of WCAG 2.2 AA at a width of %d', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await choose('echo');
    expect(await axeViolations(page)).toEqual([]);
    await press('Deploy new function');
    expect(await axeViolations(page)).toEqual([]);
    const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
    expect(Number(await page.evaluate(overflow))).toBeLessThanOrEqual(0);
    if (process.env['PICTURES']) await picture(page, `functions-${width}`);
    await press('Cancel');
    expect(tab.complaints).toEqual([]);
  });
});

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['PICTURES'] ?? '';
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
