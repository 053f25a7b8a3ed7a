/**
 * The documents as one reads them: every link leads to a file, every page is reached from the README
 * by following links, and a page that a program, a setting or a manifest names is there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { documents } from './shell-blocks.ts';

const pages = documents().filter((file) => !/^(template|bench|scripts)\//.test(file));
/** The history names pages where they were, and this file names some that are not there. */
const NOT_ASKED = ['CHANGELOG.md', 'tests/docs/links.test.ts'];

/** Links into a page, as the page and the anchor: `['docs/a.md', 'a-heading']`. */
function anchorsOf(file: string): readonly (readonly [string, string])[] {
  return [...readFileSync(file, 'utf8').matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(
    ([, target = '', anchor = '']) => [
      target === '' ? file : normalize(join(dirname(file), target)),
      anchor,
    ],
  );
}

/** As GitHub derives them from headings. */
function headingAnchors(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Every relative target of a page's links and pictures, without its anchor. */
function linksOf(file: string, text = readFileSync(file, 'utf8')): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(file), target)));
}

/** Pages reached from the README; a link to a folder reaches the pages in it. */
function reached(): ReadonlySet<string> {
  const seen = new Set<string>();
  const ahead = ['README.md'];
  for (let file = ahead.pop(); file !== undefined; file = ahead.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    ahead.push(...linksOf(file).flatMap(pagesAt));
  }
  return seen;
}

function pagesAt(target: string): readonly string[] {
  if (!existsSync(target)) return [];
  if (!statSync(target).isDirectory()) return target.endsWith('.md') ? [target] : [];
  return pages.filter((page) => dirname(page) === target.replace(/\/$/, ''));
}

/** `docs/…` as programs, settings, manifests and tests write it. */
function mentions(): readonly (readonly [string, string])[] {
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return tracked
    .split('\n')
    .filter((file) => /\.(ts|mjs|md|ya?ml|conf|toml|service|openapi|asyncapi)$/.test(file))
    .filter((file) => !NOT_ASKED.includes(file) && existsSync(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?<![\w/.-])docs\/[a-z\d/-]+\.(?:md|svg)/g)].map(
        ([page]) => [file, page] as const,
      ),
    );
}

it('reads links with an anchor, pictures and folders, and no addresses', () => {
  const text = '[a](../b.md#c) ![d](e.svg) [f](https://g.h/i.md) [j](k/)';
  expect(linksOf('docs/use/z.md', text)).toEqual(['docs/b.md', 'docs/use/e.svg', 'docs/use/k/']);
});

test.each(pages.map((page) => [page]))('every link of %s leads to a file', (page) => {
  expect(linksOf(page).filter((target) => !existsSync(target))).toEqual([]);
});

test.each(pages.map((page) => [page]))('every anchor that %s links to is a heading', (page) => {
  const missing = anchorsOf(page).filter(
    ([target, anchor]) => existsSync(target) && !headingAnchors(target).includes(anchor),
  );
  expect(missing).toEqual([]);
});

it('reaches every page of docs/ from the README', () => {
  const seen = reached();
  expect(pages.filter((page) => page.startsWith('docs/') && !seen.has(page))).toEqual([]);
});

it('has every page that the rest of the project names', () => {
  expect(mentions().filter(([, page]) => !existsSync(page))).toEqual([]);
});
