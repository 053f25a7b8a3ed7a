/**
 * An installation with guarded reads: internal calls keep working, and external ones need a token.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { PortfolioServiceClient } from '#protos/gen/portfolio.ts';
import { plain, unary } from '../support/endpoints/grpc.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';
import { until } from '../support/until.ts';

let program: Program;
let run: Run;
let url: string;
let dataDir: string;
let password: string;

const READ = '/function/portfolio-get-summary';

beforeAll(async () => {
  program = buildProgram('access');
  dataDir = await freshDataDir();
  run = program.start([], { DATA_DIR: dataDir, READ_ACCESS: 'token' });
  await run.says('Ctrl-C stops');
  url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
  const file = join(dataDir, 'secrets', 'basic-auth-password');
  password = (await readFile(file, 'utf8')).trim();
});

afterAll(async () => {
  run.child.kill('SIGTERM');
  await run.ended;
  await program.remove();
  await removeDataDirs();
});

async function bearer(name: string): Promise<{ authorization: string }> {
  const file = join(dataDir, 'function-secrets/openfaas-fn', name);
  return { authorization: `Bearer ${(await readFile(file, 'utf8')).trim()}` };
}

const system = (method: 'get' | 'post' | 'put', path: string) =>
  request(url)[method](path).auth('admin', password);

it('runs its first cycle through the connector and worker threads', () => {
  expect(run.stdout()).toMatch(/\d+ of \d+ orders went through/);
});

it('answers reads with any token, and none without one', async () => {
  const refused = await request(url).post(READ).expect(401);
  expect(refused.headers['www-authenticate']).toBe('Bearer realm="arduino-trader"');
  for (const name of ['read-token', 'write-token', 'trade-token'])
    await request(url)
      .post(READ)
      .set(await bearer(name))
      .expect(200);
  const write = () => request(url).post('/function/portfolio-update-positions');
  expect((await write().set(await bearer('read-token'))).body.code).toBe('NOT_ALLOWED');
  await request(url).get(`${READ}/_/ready`).expect(200);
});

it('requires over gRPC the same token as over HTTP', async () => {
  const ports = /gRPC on ports ([^\n]*)/.exec(run.stdout())?.[1] ?? '';
  const all = [...ports.matchAll(/\d+/g)].map(([port]) => Number(port));
  const answered = async (headers: Record<string, string>): Promise<number> => {
    const answers = await Promise.allSettled(
      all.map(async (port) => {
        const client = new PortfolioServiceClient(`127.0.0.1:${port}`, plain);
        const asked = unary(client, client.getSummary, { accountId: '' }, headers);
        return asked.finally(() => client.close());
      }),
    );
    return answers.filter(({ status }) => status === 'fulfilled').length;
  };
  expect(await answered({})).toBe(0);
  expect(await answered(await bearer('read-token'))).toBeGreaterThan(0);
});

it('uses a token that the operator has replaced', async () => {
  const old = await bearer('read-token');
  const value = 'another-read-token-of-some-length';
  await system('put', '/system/secrets').send({ name: 'read-token', value }).expect(200);
  // A token is read anew after a moment.
  await until(async () => (await request(url).post(READ).set(old)).status === 401);
  await request(url).post(READ).set('authorization', `Bearer ${value}`).expect(200);
});

it('queues a read for a caller with read access', async () => {
  const path = '/async-function/portfolio-get-summary';
  await request(url).post(path).expect(401);
  const token = await bearer('read-token');
  await request(url).post(path).set(token).set('x-call-id', 'queued-read').expect(202);
  const call = async () => (await system('get', '/system/async/queued-read')).body;
  await until(async () => (await call()).state === 'done');
  expect(await call()).toMatchObject({ status: 200 });
});

it('calls functions deployed at run time by their schedule', async () => {
  const deployment = {
    service: 'my-summary',
    image: 'arduino-trader/portfolio-get-summary:latest',
    secrets: ['read-token', 'write-token', 'trade-token'],
    annotations: { topic: 'cron-function', schedule: '@every 1s' },
  };
  await system('post', '/system/functions').send(deployment).expect(200);
  await until(
    async () => (await system('get', '/system/function/my-summary')).body.invocationCount > 1,
    100,
  );
});
