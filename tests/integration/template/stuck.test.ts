/** What holds a container's only thread is ended with the call's time, and no call is lost silently. */
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  launch,
  startContainer,
  type Container,
} from '../../support/deployment/container-process.ts';
import { DockerfileBuilder, type Image } from '../../support/deployment/dockerfile.ts';
import { assemble } from '../../support/deployment/shrinkwrap.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

let folder: string;
let image: Image;
let container: Pick<Container, 'stop'> | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stuck-'));
  await chmod(folder, 0o755);
  const spec = { lang: 'node-typescript', handler: 'tests/fixtures/containers/all' };
  await assemble(spec, join(folder, 'all'));
  image = await new DockerfileBuilder(folder).build(join(folder, 'all'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await container?.stop();
  container = undefined;
});

async function start(env: Record<string, string>): Promise<Container> {
  const started = await startContainer(image, env);
  container = started;
  return started;
}

it.each(['/loop', '/loop-later', '/loop-in-timer', '/loop-of-promises', '/backtrack'])(
  '%s is answered 504 after exec_timeout, and the process ends with code 1',
  async (path) => {
    const started = await start({ exec_timeout: '500ms' });
    const answer = await fetch(`${started.url}${path}`);
    expect([answer.status, await answer.text()]).toEqual([504, '']);
    expect(answer.headers.get('x-openfaas-internal')).toBe('of-watchdog');
    expect(await started.exit).toEqual([1, null]);
    expect(started.log()).toContain('"event":"handler-stuck"');
    await expect(stat(join(started.tmp, '.lock'))).rejects.toThrow('ENOENT');
  },
);

it('a caller may shorten the time', async () => {
  const started = await start({ exec_timeout: '60s', write_timeout: '60s' });
  const answer = await fetch(`${started.url}/loop`, { headers: { 'x-timeout': '300ms' } });
  expect(answer.status).toBe(504);
});

it('the other running calls are answered too', async () => {
  const started = await start({ exec_timeout: '1s' });
  const other = fetch(`${started.url}/sleep?ms=60000`);
  await until(async () => {
    const text = await (await fetch(`${started.metricsUrl}/metrics`)).text();
    return text.includes('http_requests_in_flight 1');
  });
  expect((await fetch(`${started.url}/loop`)).status).toBe(504);
  expect((await other).status).toBe(504);
});

it('what is only slow ends no process', async () => {
  const started = await start({ exec_timeout: '300ms' });
  expect((await fetch(`${started.url}/stubborn?ms=900`)).status).toBe(504);
  await sleep(700);
  expect((await fetch(`${started.url}/echo`)).status).toBe(200);
});

it('a call that comes while the handler is loaded waits for it; health says 503 until then', async () => {
  const port = String(await freePort());
  const launched = await launch(image, { port, STARTS_AFTER_MS: '1500' });
  container = launched;
  const url = `http://127.0.0.1:${port}`;
  const health = async (): Promise<number> =>
    fetch(`${url}/_/health`).then(
      ({ status }) => status,
      () => sleep(20).then(health),
    );
  expect(await health()).toBe(503);
  expect((await fetch(`${url}/echo`)).status).toBe(200);
  await launched.serving;
  expect(await health()).toBe(200);
});
