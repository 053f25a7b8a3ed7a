/** Plants broker keys, calls everything and makes it fail, and searches all output for the keys. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import { TRADERNET_KEYS, TradernetMock } from '../support/brokers/tradernet-mock.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const PLANTED: Readonly<Record<string, string>> = {
  'tradernet-public-key': TRADERNET_KEYS.publicKey,
  'tradernet-private-key': TRADERNET_KEYS.privateKey,
  'alpaca-key-id': 'planted-alpaca-key-id',
  'alpaca-secret-key': 'planted-alpaca-secret-key',
  'ibkr-flex-token': 'planted-ibkr-flex-token',
  'openfigi-api-key': 'planted-openfigi-api-key',
};
const FUNCTIONS = [
  'portfolio-get-summary',
  'portfolio-update-positions',
  'trading-get-trade-history',
];

let program: Program;
let run: Run;
let mock: TradernetMock;
let url: string;
let dataDir: string;
/** Receives the spans. */
let collector: Server;
let spans = 0;
const said: string[] = [];

beforeAll(async () => {
  program = buildProgram('secrets');
  mock = new TradernetMock();
  dataDir = await freshDataDir();
  const secrets = join(dataDir, 'function-secrets/openfaas-fn');
  await mkdir(secrets, { recursive: true });
  for (const [name, text] of Object.entries(PLANTED)) await writeFile(join(secrets, name), text);
  collector = createServer((message, response) => {
    message.setEncoding('latin1').on('data', (chunk: string) => said.push(chunk));
    message.on('end', () => {
      spans += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((done) => collector.once('listening', done));
  const { port } = collector.address() as AddressInfo;
  run = program.start([], {
    ...{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '200' },
    ...{ DATA_DIR: dataDir, LOG_LEVEL: 'debug', BASE_CURRENCY: 'USD' },
    ...{ BROKER: 'tradernet', BROKER_URL: await mock.start() },
  });
  await run.says('Ctrl-C stops');
  url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
});

afterAll(async () => {
  run.child.kill('SIGTERM');
  await run.ended;
  await mock.stop();
  collector.closeAllConnections();
  collector.close();
  await program.remove();
  await removeDataDirs();
});

const secret = async (...path: string[]) => (await readFile(join(dataDir, ...path), 'utf8')).trim();
const system = async (path: string) => {
  const password = await secret('secrets', 'basic-auth-password');
  const answer = await request(url).get(path).auth('admin', password);
  said.push(JSON.stringify(answer.headers), answer.text);
  return answer;
};
const call = async (name: string) => {
  const token = await secret('function-secrets/openfaas-fn', 'trade-token');
  const answer = await request(url)
    .post(`/function/${name}`)
    .set({ authorization: `Bearer ${token}`, 'idempotency-key': `${name}-${said.length}` })
    .send(name === 'portfolio-update-positions' ? { forceSync: true } : {});
  said.push(JSON.stringify(answer.headers), answer.text);
  return answer;
};

it('exposes no broker key in listings, descriptions, logs, errors, metrics or traces', async () => {
  expect((await call('portfolio-update-positions')).status).toBe(200);
  for (const fault of ['html', '500', 'error-in-200', 'echo', 'echo-refused'] as const) {
    mock.readFault = fault;
    const answer = await call('portfolio-update-positions');
    expect(answer.status).toBeGreaterThanOrEqual(500);
  }
  mock.readFault = 'none';
  for (const name of FUNCTIONS) {
    await call(name);
    expect((await system(`/system/function/${name}`)).status).toBe(200);
    await system(`/system/logs?name=${name}&follow=false`);
  }
  const names = (await system('/system/secrets')).text;
  expect(names).toContain('tradernet-private-key');
  const metrics = /metrics at (\S+?)\)/.exec(run.stdout())?.[1] ?? '';
  const exposition = await request(new URL(metrics).origin).get('/metrics');
  expect(exposition.status).toBe(200);
  said.push(exposition.text);
  for (const path of ['/system/functions', '/system/info', '/']) await system(path);
  said.push(run.stdout(), run.stderr());
  const all = said.join('\n');
  expect(spans).toBeGreaterThan(0);
  expect(all.length).toBeGreaterThan(10_000);
  for (const text of Object.values(PLANTED)) expect(all).not.toContain(text);
});
