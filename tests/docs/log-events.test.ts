/** docs/operate/logs.md is a promise: it names every event that the sources write, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logModules } from '#shared/process/logging/log-rules.ts';

const ROOT = join(__dirname, '../..');
const ROOMS = ['shared', 'functions', 'gateway', 'template/node-typescript'];
/** The events whose names are computed, by the file that computes them. */
const COMPUTED = ['handler-load-failed', 'thread-lost', 'handler-failed'];
const CALL =
  /\b(?:log|openLog)(?:\([^()]*\))?(?:\[level\]|\.(?:debug|info|warn|error))\(\s*(['`])([^'`]+)\1/gi;

function sources(): string[] {
  return ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => readFileSync(join(ROOT, room, name), 'utf8')),
  );
}

const written = new Set([
  ...sources().flatMap((text) => [...text.matchAll(CALL)].map(([, , event = '']) => event)),
  ...COMPUTED,
]);
const page = readFileSync(join(ROOT, 'docs/operate/logs.md'), 'utf8');
const events = page.slice(page.indexOf('## Events'));
const named = [...events.matchAll(/`([\w-]+-[\w-]+)`/g)].map(([, event = '']) => event);

it('names every event that is written', () => {
  const found = [...written].map((event) => event.replace('${name}', 'NAME'));
  expect(found.length).toBeGreaterThan(50);
  expect(found.filter((event) => !named.includes(event))).toEqual([]);
});

it('names no event that is never written', () => {
  const found = [...written].map((event) => event.replace('${name}', 'NAME'));
  expect(named.filter((event) => !found.includes(event))).toEqual([]);
});

it.each(logModules)('names the module %s or counts it among the services', (module) => {
  const fields = page.slice(0, page.indexOf('## What is never written'));
  const isService = [
    'universe',
    'portfolio',
    'scoring',
    'optimization',
    'trading',
    'planning',
    'gateway',
  ].includes(module);
  expect(isService || fields.includes(`\`${module}\``)).toBe(true);
});
