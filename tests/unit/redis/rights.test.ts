/** The list of rights has every command that code and scripts use. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisCommands } from '#shared/redis/rights.ts';

const listed = new Set(redisCommands);
/** `write` is what commit.lua calls its commands through. */
const CALL = /(?:redis\.call|rcall|= write)\(\s*["']([A-Za-z]+)["']/g;

function filesIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

function calledIn(files: readonly string[]): string[] {
  const names = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(CALL)].map(([, name = '']) => name.toLowerCase());
  });
  return [...new Set(names)].sort();
}

test('every command of our scripts is listed', () => {
  const called = calledIn(filesIn('shared', /\.(lua|ts)$/));
  expect(called).toEqual(expect.arrayContaining(['get', 'hincrby', 'pexpire']));
  // Asked by a cluster's clients only; docs/operate/redis-keys.md names its two subcommands.
  const beyond = called.filter((name) => !listed.has(name));
  expect(beyond).toEqual(['cluster']);
});

test('every command of the scripts of BullMQ is listed', () => {
  const called = calledIn(filesIn('node_modules/bullmq/dist/esm/scripts', /\.js$/));
  expect(called.length).toBeGreaterThan(30);
  expect(called.filter((name) => !listed.has(name))).toEqual([]);
});
