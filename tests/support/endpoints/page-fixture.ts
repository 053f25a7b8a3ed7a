/** The page on a socket, as a gateway serves it, over an account with a history. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import page from '../../../functions/page/handler.ts';
import { gateway } from '#shared/contract/gateway.ts';
import type { Dependencies, Tokens } from '#shared/runtime/context.ts';
import { answer, BODY_BYTES_MAX } from '#template/server.ts';
import { openTestDependencies, steppingClock, type TestRedis } from '../dependencies.ts';
import { inProcess } from '../host.ts';
import { liveAccount, type Past } from '../brokers/lived-account.ts';
import { seedMarket } from '../markets/seed-market.ts';

export const PASSWORD = 'the operator’s own password';
export const TOKENS: Tokens = {
  read: 'read-token-of-16+',
  write: 'write-token-of-16+',
  trade: 'trade-token-of-16+',
};

export interface PageFixture {
  readonly url: string;
  readonly dependencies: Dependencies;
  readonly clock: ReturnType<typeof steppingClock>;
  close(): Promise<void>;
}

export interface PageFixtureOptions {
  readonly env?: Record<string, string>;
  readonly past?: Past;
  /** Whether a plan waits for an answer. */
  readonly waits?: boolean;
}

const START = '2026-03-04T10:00:00Z';

export async function openPageFixture(
  redis: TestRedis,
  { env = {}, past, waits }: PageFixtureOptions = {},
): Promise<PageFixture> {
  const clock = steppingClock(START);
  const inside = inProcess();
  const { now } = clock;
  const parts = { now, transport: inside.transport, isAudited: true };
  const dependencies = await openTestDependencies(redis, env, parts);
  inside.into(dependencies);
  if (past) {
    await seedMarket(
      dependencies,
      past.days / 365 + 0.2,
      (_listed, index) => index < past.holdings,
    );
    await liveAccount(dependencies, past);
  }
  if (waits) await putPlan(dependencies);
  const server = await serve({ ...dependencies, ...bound(dependencies), tokens: TOKENS });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await dependencies.close();
  };
  return { url: `http://127.0.0.1:${port}/trader/`, dependencies, clock, close };
}

/** A cycle at the level `ask` leaves a plan that waits. */
async function putPlan({ functions }: Dependencies): Promise<void> {
  const options = { signal: new AbortController().signal, requestId: 'put-plan' };
  const confirmation = 'I trust account default at level ask';
  const trust = { level: 'ask', confirmation, setBy: 'owner' };
  await functions.call(gateway.setTrust, trust, { ...options, idempotencyKey: 'trust' });
  await functions.call(gateway.triggerTradingCycle, {}, { ...options, idempotencyKey: 'cycle' });
}

/** Methods that a spread would leave without their object. */
function bound(dependencies: Dependencies) {
  return {
    now: () => dependencies.now(),
    newId: () => dependencies.newId(),
    close: () => dependencies.close(),
  };
}

async function serve(shared: Dependencies): Promise<Server> {
  const secret = (name: string): Promise<string> =>
    name === 'operator-password' ? Promise.resolve(PASSWORD) : Promise.reject(new Error(name));
  const server = createServer((request, response) => {
    const { url = '/' } = request;
    if (!url.startsWith('/trader/')) return void response.writeHead(404).end();
    request.headers['x-page-base'] = '/trader/';
    request.headers['x-forwarded-for'] ??= '127.0.0.1';
    void answer(page, request, response, url.slice('/trader'.length), {
      bodyBytesMax: BODY_BYTES_MAX,
      shared,
      functionEnvironment: { env: {}, secret },
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}
