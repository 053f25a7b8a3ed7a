/**
 * The adapter to Alpaca against its published description, served by Prism, which nobody here wrote.
 * Prism is 90 MB and no dependency: PRISM names its program, or it lies in node_modules.
 *
 *   npm install --no-save --ignore-scripts @stoplight/prism-cli@5.14.2
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaApi, isRefusal } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { freePort } from '../../support/free-port.ts';

const FILE = '../shared/markets/alpaca-trading.yaml';
const PRISM = process.env['PRISM'] ?? 'node_modules/.bin/prism';
const START_TRIES_MAX = 240;
const missing = [FILE, PRISM].filter((path) => !existsSync(path));
const title = 'Alpaca as its published description says';
const why = missing.length === 0 ? '' : ` [skipped: ${missing.join(', ')} is not here]`;
const signal = new AbortController().signal;

(missing.length === 0 ? describe : describe.skip)(`${title}${why}`, () => {
  let prism: ChildProcess;
  let api: AlpacaApi;

  beforeAll(async () => {
    const port = await freePort();
    prism = spawn(PRISM, ['mock', '-h', '127.0.0.1', '-p', String(port), FILE], {
      stdio: 'ignore',
    });
    const baseUrl = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < START_TRIES_MAX && !(await answers(baseUrl)); tries += 1)
      await sleep(250);
    api = new AlpacaApi({ baseUrl, keyId: () => 'key', secretKey: () => 'secret' });
  });
  afterAll(() => void prism.kill());

  it('answers account, clock, asset and open orders in the shapes that are read', async () => {
    expect(await api.account(signal)).toMatchObject({ currency: 'USD' });
    expect((await api.clock(signal)).is_open).toBe(true);
    expect(await api.asset('AAPL', signal)).toMatchObject({ fractionable: true });
    expect((await api.openOrders(signal))[0]?.client_order_id).not.toBe('');
  });

  it('takes the order that is sent', async () => {
    const answer = await api.postOrder(
      {
        ...{ symbol: 'AAPL', qty: '1', side: 'buy', type: 'limit', timeInForce: 'day' },
        ...{ limitPrice: '100', clientOrderId: '1000000001' },
      },
      signal,
    );
    expect(isRefusal(answer)).toBe(false);
  });

  it('is refused where an amount is no number', async () => {
    const failure = await api.positions(signal).catch((thrown: unknown) => Failure.from(thrown));
    expect(failure).toMatchObject({ code: 'UPSTREAM_BROKEN' });
  });
});

async function answers(baseUrl: string): Promise<boolean> {
  try {
    await (await fetch(`${baseUrl}/v2/clock`)).text();
    return true;
  } catch {
    return false;
  }
}
