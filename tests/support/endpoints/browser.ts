/** A real browser, where the machine has one; tests that need it are skipped with a reason elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PROGRAMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/** Undefined where none is installed; `CHROMIUM` names another one. */
const browserProgram = [process.env['CHROMIUM'] ?? '', ...PROGRAMS].find(
  (file) => file !== '' && existsSync(file),
);

/** `describe` where there is a browser; else the reason is printed and the tests are skipped. */
export function describeInBrowser(title: string, tests: () => void): void {
  if (browserProgram !== undefined) return describe(title, tests);
  console.warn(`skipped: "${title}" needs a browser (apt-get install chromium-headless-shell)`);
  describe.skip(title, tests);
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserProgram ?? '', timeout: 60_000 });
}

/** This machine, by its address and by the name that passkeys need. */
const own: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost']);

export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, and requests to other hosts. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A tab whose console and requests are watched. */
export async function openTab(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!own.has(new URL(request.url()).hostname)) complaints.push(request.url());
  });
  return { page, complaints, close: () => context.close() };
}

const PICTURES = 'build/pictures';

/** A picture of the whole page for people to look at; nothing is compared with it. */
export async function picture(page: Page, name: string): Promise<void> {
  // A header that sticks would lie across the middle of the page.
  await page.evaluate('window.scrollTo(0, 0)');
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Rules of WCAG 2.2 AA that the page breaks, with the first place each. */
export async function axeViolations(page: Page): Promise<string[]> {
  // By its path: a page under a strict policy takes no script tag, but what is evaluated.
  await page.evaluate(readFileSync(axePath(), 'utf8'));
  const result = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )) as AxeResult;
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

/** What is pressed by a finger and smaller than 44 px, other than within a sentence. */
export function smallTargets(page: Page): Promise<readonly string[]> {
  return page.evaluate(`[...document.querySelectorAll('a[href], button, summary, input, select, textarea')]
    .map((one) => one.matches('[type=checkbox], [type=radio]') ? one.closest('label') ?? one : one)
    .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.matches('.skip, .term'))
    .filter((one) => {
      const text = [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
      return !(text && getComputedStyle(one).display === 'inline');
    })
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
    .map(([one, box]) => Math.round(box.width) + 'x' + Math.round(box.height) + ' ' + one.outerHTML.slice(0, 120))`);
}

function axePath(): string {
  return createRequire(join(process.cwd(), 'package.json')).resolve('axe-core/axe.min.js');
}
