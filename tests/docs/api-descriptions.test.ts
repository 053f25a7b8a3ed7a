/** The descriptions of functions, gateway and queues hold against the rules for OpenAPI and AsyncAPI. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { readFileSync } from 'node:fs';

const SYSTEM_API = 'gateway/runtime/system-api';
const described = {
  'openapi.json': 'gateway.openapi',
  'asyncapi.json': 'queues.asyncapi',
} as const;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trader-descriptions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(Object.entries(described))('%s has no error and no warning', (name, source) => {
  copyFileSync(join(SYSTEM_API, source), join(folder, name));
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const options = ['lint', join(folder, name), '--format', 'json', '--config', 'redocly.yaml'];
  const run = spawnSync('node_modules/.bin/redocly', options, { env, encoding: 'utf8' });
  const { totals, problems } = JSON.parse(run.stdout) as { totals: object; problems: unknown[] };
  expect(problems).toEqual([]);
  expect(totals).toMatchObject({ errors: 0, warnings: 0 });
});

it('has a queue for each operation that is queued, and that of the topics', () => {
  const text = readFileSync(join(SYSTEM_API, 'queues.asyncapi'), 'utf8');
  const { channels } = JSON.parse(text) as { channels: Record<string, unknown> };
  const queued = operations.filter(({ queue }) => queue !== null).map(({ topic }) => topic);
  expect(Object.keys(channels).sort()).toEqual(['topics', ...queued].sort());
});
