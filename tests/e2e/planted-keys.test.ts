/**
 * Plants keys of brokers and price sources, calls everything and makes it fail, and searches all output for
 * the keys.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import { AlpacaMock, KEYS as ALPACA_KEYS } from '../support/brokers/alpaca-mock.ts';
import { FLEX_TOKEN, FlexMock } from '../support/brokers/flex-mock.ts';
import { TRADERNET_KEYS, TradernetMock } from '../support/brokers/tradernet-mock.ts';
import { IBM, LIST, MSFT, NEW_YORK, servedBar } from '../support/markets/live-fixture.ts';
import { PriceServices } from '../support/markets/price-services.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const PLANTED: Readonly<Record<string, string>> = {
  'tradernet-public-key': TRADERNET_KEYS.publicKey,
  'tradernet-private-key': TRADERNET_KEYS.privateKey,
  'alpaca-key-id': ALPACA_KEYS.keyId,
  'alpaca-secret-key': ALPACA_KEYS.secretKey,
  'ibkr-flex-token': FLEX_TOKEN,
  'openfigi-api-key': 'planted-openfigi-api-key',
};
const FUNCTIONS = [
  'portfolio-get-summary',
  'portfolio-update-positions',
  'trading-get-trade-history',
  'universe-sync-prices',
];

interface Installation {
  readonly broker: string;
  readonly prices: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly open: () => {
    readonly start: () => Promise<string>;
    readonly stop: () => Promise<void>;
    readonly fail: (fault: string) => void;
  };
  readonly faults: readonly string[];
  /** The start ends with them; of a broker whose answer counts as fresh for a while afterwards. */
  readonly faultsAtStart?: readonly string[];
}

const installations: readonly Installation[] = [
  {
    ...{ broker: 'tradernet', prices: 'tradernet' },
    faults: ['html', 'error-in-200', 'echo', 'echo-refused'],
    open: () => served(new TradernetMock(), (mock, fault) => (mock.readFault = fault as 'none')),
  },
  {
    ...{ broker: 'alpaca', prices: 'alpaca' },
    faults: ['html', '500', 'empty', 'maintenance', '401-echo', '403-echo'],
    open: () => served(new AlpacaMock(), (mock, fault) => (mock.readFault = fault as 'none')),
  },
  {
    ...{ broker: 'interactive-brokers', prices: 'yahoo', env: { IBKR_FLEX_QUERY: '7' } },
    // Codes of Flex come with a text that repeats the token.
    ...{ faults: [], faultsAtStart: ['1012', '9999'] },
    open: () =>
      served(new FlexMock(), (mock, fault) => (mock.fault = fault === 'none' ? undefined : fault)),
  },
];

function served<M extends { start(): Promise<string>; stop(): Promise<void> }>(
  mock: M,
  fail: (mock: M, fault: string) => void,
) {
  return {
    start: () => mock.start(),
    stop: () => mock.stop(),
    fail: (fault: string) => fail(mock, fault),
  };
}

let program: Program;
/** Receives the spans. */
let collector: Server;
let spans = 0;
const said: string[] = [];

beforeAll(async () => {
  program = buildProgram('secrets');
  collector = createServer((message, response) => {
    message.setEncoding('latin1').on('data', (chunk: string) => said.push(chunk));
    message.on('end', () => {
      spans += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((done) => collector.once('listening', done));
});

afterAll(async () => {
  collector.closeAllConnections();
  collector.close();
  await program.remove();
  await removeDataDirs();
});

beforeEach(() => {
  spans = 0;
  said.length = 0;
});

function priceServices(): PriceServices {
  const prices = new PriceServices();
  const bars = ['2026-11-24', '2026-11-25'].map((day, i) => servedBar(day, 100 + i));
  for (const [isin, symbol] of [
    [IBM, 'IBM'],
    [MSFT, 'MSFT'],
  ] as const) {
    prices.tickers.set(isin, symbol);
    prices.series.set(symbol, { isin, currency: 'USD', ...NEW_YORK, bars });
  }
  prices.rates = [{ day: '2026-11-25', units: { USD: 1.1 } }];
  return prices;
}

async function folderWithSecrets(): Promise<string> {
  const dataDir = await freshDataDir();
  const secrets = join(dataDir, 'function-secrets/openfaas-fn');
  await mkdir(secrets, { recursive: true });
  for (const [name, text] of Object.entries(PLANTED)) await writeFile(join(secrets, name), text);
  await writeFile(join(dataDir, 'securities.csv'), LIST);
  return dataDir;
}

/** The gateway of a program that runs, and the calls to it; everything it answers is kept. */
function gatewayOf(run: Run, dataDir: string) {
  const url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
  const secret = async (...path: string[]) =>
    (await readFile(join(dataDir, ...path), 'utf8')).trim();
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
  return { system, call };
}

it.each(installations)(
  'no key is in listings, descriptions, logs, errors, metrics or traces: $broker with prices of $prices',
  async ({ broker, prices: source, env: more, open, faults, faultsAtStart }) => {
    const [mock, prices, dataDir] = [open(), priceServices(), await folderWithSecrets()];
    const { port } = collector.address() as AddressInfo;
    const env = {
      ...{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      ...{
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
      ...{ DATA_DIR: dataDir, LOG_LEVEL: 'debug', BASE_CURRENCY: 'USD', ...more },
      ...{ BROKER: broker, BROKER_URL: await mock.start() },
      ...{ MARKET_DATA: source, MARKET_DATA_URL: await prices.start() },
    };
    for (const fault of faultsAtStart ?? []) {
      mock.fail(fault);
      const refused = program.start([], env);
      expect([fault, await refused.ended]).not.toEqual([fault, 0]);
      said.push(refused.stdout(), refused.stderr());
    }
    mock.fail('none');
    const run = program.start([], env);
    try {
      await run.says('Ctrl-C stops');
      const { system, call } = gatewayOf(run, dataDir);
      for (const fault of faults) {
        mock.fail(fault);
        const answer = await call('portfolio-update-positions');
        expect([fault, answer.status >= 500 || answer.status === 422]).toEqual([fault, true]);
      }
      mock.fail('none');
      expect((await call('portfolio-update-positions')).status).toBe(200);
      for (const fault of ['echo', 'html', 'none'] as const) {
        prices.fault = fault;
        await call('universe-sync-prices');
      }
      expect(prices.calls.length).toBeGreaterThan(2);
      for (const name of FUNCTIONS) {
        await call(name);
        expect((await system(`/system/function/${name}`)).status).toBe(200);
        await system(`/system/logs?name=${name}&follow=false`);
      }
      expect((await system('/system/secrets')).text).toContain('tradernet-private-key');
      const metrics = /metrics at (\S+?)\)/.exec(run.stdout())?.[1] ?? '';
      const exposition = await request(new URL(metrics).origin).get('/metrics');
      expect(exposition.status).toBe(200);
      said.push(exposition.text);
      for (const path of ['/system/functions', '/system/info', '/']) await system(path);
    } finally {
      run.child.kill('SIGTERM');
      await run.ended;
      await Promise.all([mock.stop(), prices.stop()]);
    }
    said.push(run.stdout(), run.stderr());
    const all = said.join('\n');
    expect(spans).toBeGreaterThan(0);
    expect(all.length).toBeGreaterThan(10_000);
    for (const [name, text] of Object.entries(PLANTED))
      expect([name, all.includes(text)]).toEqual([name, false]);
  },
);
