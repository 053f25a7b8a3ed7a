/**
 * The adapter to Alpaca against its published description, served by Prism, which nobody here wrote.
 * Prism is 90 MB and no dependency: PRISM names its program, or it lies in node_modules.
 *
 *   npm install --no-save --ignore-scripts @stoplight/prism-cli@5.14.2
 */
import { existsSync } from 'node:fs';
import { AlpacaApi, isRefusal } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { startPrism, type RunningPrism } from '../../support/brokers/prism.ts';

const FILE = '../shared/markets/alpaca-trading.yaml';
const PRISM = process.env['PRISM'] ?? 'node_modules/.bin/prism';
const missing = [FILE, PRISM].filter((path) => !existsSync(path));
const title = 'Alpaca as its published description says';
const why = missing.length === 0 ? '' : ` [skipped: ${missing.join(', ')} is not here]`;
const signal = new AbortController().signal;
const KEYS = { 'APCA-API-KEY-ID': 'key', 'APCA-API-SECRET-KEY': 'secret' };
const READ = ['account', 'clock', 'assets/AAPL', 'orders', 'positions'];

(missing.length === 0 ? describe : describe.skip)(`${title}${why}`, () => {
  let prism: RunningPrism;
  let api: AlpacaApi;

  beforeAll(async () => {
    prism = await startPrism(PRISM, FILE);
    // It prepares an operation at its first call, which takes longer than the adapter waits on a busy machine.
    for (const path of READ) await answered(path, { headers: KEYS });
    await answered('orders', { headers: KEYS, method: 'POST', body: '{}' });
    api = new AlpacaApi({ ...prism, keyId: () => 'key', secretKey: () => 'secret' });
  });
  afterAll(() => prism.stop());
  const answered = async (path: string, request: RequestInit) =>
    (await fetch(`${prism.baseUrl}/v2/${path}`, request)).text();

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
