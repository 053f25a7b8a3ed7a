/** A trading cycle through a gateway, and what it traded, to the cent. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

const money = z.object({ amount: z.string(), currency: z.string() });
const historySchema = z.object({
  total: z.number(),
  executions: z.array(
    z.object({
      isin: z.string(),
      side: z.string(),
      status: z.string(),
      quantityFilled: z.number(),
      averagePrice: money.nullish(),
      totalCost: money.nullish(),
      commission: money.nullish(),
    }),
  ),
});

/** Where an operation is called: `/function/planning/create-plan` or `/function/planning-create-plan`. */
export interface Home {
  readonly gatewayUrl: string;
  readonly tradingUrl: string;
  readonly separator: '/' | '-';
  readonly token: string;
}

const ATTEMPT_MS_MAX = 120_000;
const PAUSE_MS = 1_000;

async function call(url: string, token: string, body: object, key?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ATTEMPT_MS_MAX),
  });
}

/**
 * Triggers a cycle, again under the same key while its answer is lost, as a careful caller does.
 * @returns its last message, and how often it was asked for
 * @throws Error when there is none by then
 */
export async function runCycle(
  home: Home,
  key: string,
  untilMs: number,
): Promise<{ readonly last: string; readonly calls: number }> {
  const url = `${home.gatewayUrl}/function/gateway${home.separator}trigger-trading-cycle`;
  let said = '';
  for (let calls = 1; Date.now() < untilMs; calls += 1) {
    said = await call(url, home.token, {}, key)
      .then(async (answer) => `${answer.status} ${await answer.text()}`)
      .catch((thrown: unknown) => String(thrown));
    const lines = said
      .replace(/^\d+ /, '')
      .split('\n')
      .filter((line) => line !== '');
    const last = lines.at(-1) ?? '';
    if (said.startsWith('200 ') && last.includes('"complete":true')) return { last, calls };
    // A refusal of ours says the same again. What the gateway says in plain text may be different soon: it
    // answers 404 while its provider is away.
    if (/^4(?!09|29)\d\d \{/.test(said)) break;
    await sleep(PAUSE_MS);
  }
  throw new Error(`the cycle ${key} did not end: ${said.slice(-500)}`);
}

/** A line an order, sorted: `BUY 17 GB0SIM000351 at 134.2013 GBP, 2507.56 EUR, commission 7.01 EUR, EXECUTED`. */
export async function ordersOf(home: Home): Promise<readonly string[]> {
  const url = `${home.tradingUrl}/function/trading${home.separator}get-trade-history`;
  for (let tries = 0; ; tries += 1) {
    const answer = await call(url, home.token, { limit: 500 }).catch(() => undefined);
    const parsed = historySchema.safeParse(await answer?.json().catch(() => undefined));
    if (parsed.success) return parsed.data.executions.map(lineOf).sort();
    if (tries > 60) throw new Error(`${url}: ${parsed.error.message}`);
    await sleep(PAUSE_MS);
  }
}

function lineOf(one: z.output<typeof historySchema>['executions'][number]): string {
  const [price, cost, commission] = [one.averagePrice, one.totalCost, one.commission].map(
    (value) => (value ? `${value.amount} ${value.currency}` : 'none'),
  );
  return `${one.side} ${one.quantityFilled} ${one.isin} at ${price}, ${cost}, commission ${commission}, ${one.status}`;
}
