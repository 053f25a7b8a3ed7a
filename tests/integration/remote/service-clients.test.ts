import { credentials, status } from '@grpc/grpc-js';
import {
  openServiceClients,
  type ServiceClients,
  type ServiceClientsOptions,
} from '#shared/clients/grpc/service-clients.ts';
import { requestTypeOf, serviceDefinitions } from '#shared/clients/grpc/service-definitions.ts';
import { Failure, invalidRequest, refused } from '#shared/kernel/failure.ts';
import { operations } from '#shared/contract/catalogue.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { openLog } from '#shared/process/log.ts';
import {
  openFailingService,
  type FailingService,
} from '../../support/endpoints/failing-service.ts';
import { until } from '../../support/until.ts';

let service: FailingService;
let clients: ServiceClients;
let lines: string[];

beforeEach(async () => {
  service = await openFailingService();
  lines = [];
  clients = open();
});
afterEach(() => {
  clients.close();
  service.vanish();
});

function open(options: Partial<ServiceClientsOptions> = {}): ServiceClients {
  return openServiceClients({
    addresses: service.addresses,
    credentials: credentials.createInsecure(),
    log: openLog('info', (line) => void lines.push(line)),
    device: 'state',
    ...options,
  });
}

function reopen(options: Partial<ServiceClientsOptions>): void {
  clients.close();
  clients = open(options);
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (one: unknown) => one,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error('it was to fail with a failure', { cause: thrown });
}

async function said(event: string): Promise<void> {
  await until(() => lines.some((line) => line.includes(event)));
}

const key = { idempotencyKey: 'key-1' };
const away = { status: { code: status.UNAVAILABLE, details: 'Connection dropped' } };
const sale = { isin: 'US0378331005', side: 'SELL', quantity: 1 } as const;

describe('the seven clients', () => {
  it('have every rpc of the contract, and a message for each request', () => {
    for (const name of serviceNames)
      for (const rpc of Object.keys(serviceDefinitions[name])) {
        expect(clients[name]).toHaveProperty(rpc, expect.any(Function));
        expect(requestTypeOf(name, rpc).fromJSON({})).toEqual(
          requestTypeOf(name, rpc).fromPartial({}),
        );
      }
    expect(serviceNames.flatMap((name) => Object.keys(clients[name]))).toHaveLength(
      operations.length + 7,
    );
  });

  it("fill in defaults of a request, and send the caller's identity", async () => {
    reopen({ token: 'secret-token' });
    service.script({ message: { portfolioHash: 'abc' } });
    const answer = await clients.portfolio.getSummary({}, { requestId: 'call-7', ...key });
    expect(answer).toMatchObject({ portfolioHash: 'abc', positionCount: 0 });
    const [call] = service.calls;
    expect(call?.request).toEqual({ accountId: '' });
    expect(call?.metadata.getMap()).toMatchObject({
      'x-request-id': 'call-7',
      'idempotency-key': 'key-1',
      authorization: 'Bearer secret-token',
    });
    const leftMs = Number(call?.getDeadline()) - Date.now();
    expect(leftMs).toBeGreaterThan(8_000);
    expect(leftMs).toBeLessThanOrEqual(10_000);
  });

  it('call the board itself, whatever proxy the environment names', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { grpc_proxy: 'http://127.0.0.1:1', no_grpc_proxy: 'elsewhere' });
    try {
      reopen({ retries: 0 });
      service.script({ message: { found: true } });
      expect(await clients.planning.getPlan({ planId: 'x' })).toMatchObject({ found: true });
    } finally {
      for (const name of ['grpc_proxy', 'no_grpc_proxy'])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    }
  });

  it('pass on failures with code, message and facts', async () => {
    const wrong = invalidRequest({ field: 'limit', message: 'at most 1000' });
    service.script({ failure: wrong });
    const failure = await failureOf(clients.universe.getUniverse({}));
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: 'limit: at most 1000' });
    expect(failure.facts).toMatchObject({
      requestId: 'request-1',
      field: 'limit',
      violations: [{ field: 'limit', message: 'at most 1000' }],
    });
    service.script({ failure: refused('frozen', 'It is frozen.', { isin: 'X' }) });
    expect(await failureOf(clients.trading.executeTrade(sale))).toMatchObject({
      code: 'REFUSED',
      facts: { rule: 'frozen', isin: 'X' },
    });
    const busy = new Failure('TOO_BUSY', 'Later.', { retryAfterMs: 1_500 });
    service.script({ failure: busy });
    expect(await failureOf(clients.trading.executeTrade(sale))).toMatchObject({
      code: 'TOO_BUSY',
      facts: { retryAfterMs: 1_500 },
    });
  });

  it('handle a server that sends only a status', async () => {
    for (const [code, expected] of [
      [status.NOT_FOUND, 'NOT_FOUND'],
      [status.FAILED_PRECONDITION, 'REFUSED'],
      [status.UNIMPLEMENTED, 'UPSTREAM_BROKEN'],
      [status.UNAUTHENTICATED, 'UNAUTHENTICATED'],
    ] as const) {
      service.script({ status: { code, details: 'in words' } });
      const failure = await failureOf(clients.planning.getPlan({ planId: 'x' }));
      expect(failure).toMatchObject({ code: expected, message: 'in words' });
    }
  });
});

describe('a call is sent again', () => {
  it('when it only reads', async () => {
    service.script(away, away, { message: { found: true } });
    expect(await clients.planning.getPlan({ planId: 'x' })).toMatchObject({ found: true });
    expect(service.calls).toHaveLength(3);
  });

  it('when it writes under a key', async () => {
    service.script(away, { message: { success: true } });
    expect(await clients.trading.executeTrade(sale, key)).toMatchObject({ success: true });
    expect(service.calls.map((call) => call.metadata.get('idempotency-key')[0])).toEqual([
      'key-1',
      'key-1',
    ]);
  });

  it('no more often than configured', async () => {
    reopen({ retries: 1, breaker: { failures: 50, pauseMs: 1_000 } });
    service.script(away);
    await failureOf(clients.planning.getPlan({ planId: 'x' }));
    expect(service.calls).toHaveLength(2);
  });

  it('not when it writes without a key; whether it took effect is then unknown', async () => {
    service.script(away);
    const failure = await failureOf(clients.trading.executeTrade(sale));
    expect(service.calls).toHaveLength(1);
    expect(failure).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringMatching(/^trading on state .* Whether it took effect is unknown\.$/),
      facts: { service: 'trading', device: 'state', sent: 'unknown' },
    });
  });

  it('not when a write met its deadline', async () => {
    reopen({ timeoutMs: 1_500 });
    service.script('silence');
    const failure = await failureOf(clients.trading.executeTrade(sale, key));
    expect(service.calls).toHaveLength(1);
    expect(failure).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining('repeat the same request with the idempotency key key-1'),
      facts: { sent: 'unknown', idempotencyKey: 'key-1', cause: 'DEADLINE' },
    });
  });

  it('but never turns an unknown outcome into none', async () => {
    service.script(away);
    service.streams((call) => call.end());
    const first = failureOf(clients.trading.executeTrade(sale, key));
    // The first attempt arrives; the others find nobody.
    while (service.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    service.vanish();
    expect(await first).toMatchObject({ code: 'OUTCOME_UNKNOWN', facts: { sent: 'unknown' } });
  });

  it('not after its caller has left', async () => {
    service.script(away);
    const left = new AbortController();
    const call = clients.planning.getPlan({ planId: 'x' }, { signal: left.signal });
    left.abort(new Failure('CANCELLED', 'The caller left.'));
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(service.calls.length).toBeLessThan(2);
  });
});

describe('an unreachable board', () => {
  const breaker = { failures: 2, pauseMs: 2_000 };

  it('opens its breaker after some calls, is probed after a pause, and recovers', async () => {
    reopen({ retries: 0, breaker });
    service.vanish();
    for (let i = 0; i < 2; i += 1) {
      const failure = await failureOf(clients.trading.executeTrade(sale));
      expect(failure.message).toMatch(
        /^trading on state does not answer at .* Nothing was sent\.$/,
      );
    }
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'board-lost',
    ]);
    await service.come();
    expect(await failureOf(clients.trading.executeTrade(sale))).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'trading on state is away at the moment. Nothing was sent.',
      facts: { service: 'trading', device: 'state', sent: 'no' },
    });
    expect(service.calls).toHaveLength(0);
    service.script({ message: { success: true } });
    // Until its pause is over.
    await until(() =>
      clients.trading.executeTrade(sale).then(
        ({ success }) => success,
        () => false,
      ),
    );
    expect(lines.at(-1)).toContain('board-recovered');
  });

  it('is not a board that answers with refusals', async () => {
    reopen({ retries: 0, breaker });
    service.script({ failure: new Failure('UNAVAILABLE', 'Redis did not answer.') });
    for (let i = 0; i < 5; i += 1)
      expect(await failureOf(clients.trading.executeTrade(sale))).toMatchObject({
        message: 'Redis did not answer.',
      });
    expect(service.calls).toHaveLength(5);
    expect(lines).toEqual([]);
  });

  it('is not a board whose callers have short time limits', async () => {
    reopen({ retries: 0, breaker });
    service.script('silence');
    for (let i = 0; i < 4; i += 1)
      expect(
        await failureOf(clients.planning.getPlan({ planId: 'x' }, { timeoutMs: 20 })),
      ).toMatchObject({ code: 'DEADLINE' });
    expect(lines).toEqual([]);
  });

  it('is detected, and its recovery too, by the health check alone', async () => {
    reopen({ breaker, healthCheck: { intervalMs: 50, timeoutMs: 200 } });
    await clients.planning.getPlan({ planId: 'x' });
    service.vanish();
    await said('board-lost');
    await service.come();
    await said('board-recovered');
  });
});

describe('a stale answer', () => {
  it('is given, with its age, to a reader that accepts it', async () => {
    reopen({ retries: 0 });
    service.script({ message: { found: true } });
    const fresh = await clients.planning.getPlan({ planId: 'x' });
    service.vanish();
    let staleMs = 0;
    const onStale = (ms: number): void => void (staleMs = ms);
    expect(await clients.planning.getPlan({ planId: 'x' }, { onStale })).toEqual(fresh);
    expect(staleMs).toBeGreaterThan(0);
    expect(await failureOf(clients.planning.getPlan({ planId: 'x' }))).toMatchObject({
      code: 'UNAVAILABLE',
    });
    const other = clients.planning.getPlan({ planId: 'y' }, { onStale });
    expect(await failureOf(other)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is not given when it is too old, nor for a refusal', async () => {
    reopen({ retries: 0, staleMsMax: 30 });
    const onStale = (): void => undefined;
    service.script({ message: { found: true } });
    await clients.planning.getPlan({ planId: 'x' });
    service.script({ failure: refused('no', 'No.') });
    expect(await failureOf(clients.planning.getPlan({ planId: 'x' }, { onStale }))).toMatchObject({
      code: 'REFUSED',
    });
    await new Promise((resolve) => setTimeout(resolve, 40));
    service.vanish();
    expect(await failureOf(clients.planning.getPlan({ planId: 'x' }, { onStale }))).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  describe('is never given for a write', () => {
    const onStale = (): void => {
      throw new Error('an old answer was given for a write');
    };
    /** Calls other than health checks, which come at any moment. */
    const writes = () =>
      service.calls.filter(({ metadata }) => metadata.get('idempotency-key').length > 0);
    beforeEach(async () => {
      reopen({ retries: 0, healthCheck: { intervalMs: 50, timeoutMs: 2_000 } });
      service.script({ message: { success: true } });
      await clients.trading.executeTrade(sale, key);
    });

    it('that was not sent: it is unavailable, and nothing was sent', async () => {
      service.vanish();
      await said('board-lost');
      expect(
        await failureOf(clients.trading.executeTrade(sale, { ...key, onStale })),
      ).toMatchObject({ code: 'UNAVAILABLE', facts: { sent: 'no' } });
      expect(writes()).toHaveLength(1);
    });

    it('that arrived and was not answered: its outcome is unknown, with its key', async () => {
      service.script('silence');
      const again = failureOf(clients.trading.executeTrade(sale, { ...key, onStale }));
      await until(() => writes().length === 2);
      service.vanish();
      expect(await again).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        facts: { sent: 'unknown', idempotencyKey: key.idempotencyKey },
      });
    });
  });

  it('of the other board is passed on with its age, and is not kept as new', async () => {
    service.script({ message: { found: true }, trailer: { 'x-stale-ms': '4200' } });
    const ages: number[] = [];
    await clients.planning.getPlan({ planId: 'x' }, { onStale: (ms) => void ages.push(ms) });
    expect(ages).toEqual([4_200]);
    expect(service.calls.at(-1)?.metadata.get('x-accept-stale')).toEqual([]);
    const strict = await failureOf(clients.planning.getPlan({ planId: 'x' }));
    expect(strict).toMatchObject({ code: 'UNAVAILABLE' });
    expect(service.calls.at(-1)?.metadata.get('x-accept-stale')).toEqual(['no']);
    service.vanish();
    const none = clients.planning.getPlan({ planId: 'x' }, { onStale: () => undefined });
    expect(await failureOf(none)).toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a stream', () => {
  it('comes message by message', async () => {
    service.streams((call) => {
      for (const progressPct of [10, 50, 100]) call.write({ progressPct, problems: [] });
      call.end();
    });
    const seen: number[] = [];
    for await (const { progressPct } of clients.universe.syncPrices({})) seen.push(progressPct);
    expect(seen).toEqual([10, 50, 100]);
  });

  it('that breaks off is reported', async () => {
    service.streams((call) => {
      call.write({ progressPct: 10, problems: [] });
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { progressPct } of clients.universe.syncPrices({})) {
        seen.push(progressPct);
        service.vanish();
      }
    })();
    expect(await failureOf(reading)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringMatching(/^universe on state does not answer/),
      facts: { sent: 'unknown' },
    });
    expect(seen).toEqual([10]);
    expect(service.calls).toHaveLength(1);
  });

  it('that is refused throws the refusal', async () => {
    service.streams((call) => call.emit('error', { code: status.ABORTED, details: 'It runs.' }));
    const first = clients.universe.syncPrices({}).next();
    expect(await failureOf(first)).toMatchObject({ code: 'CONFLICT', message: 'It runs.' });
  });

  it('whose reader leaves is cancelled', async () => {
    let cancelled = false;
    service.streams((call) => {
      call.once('cancelled', () => (cancelled = true));
      call.write({ progressPct: 10, problems: [] });
    });
    for await (const { progressPct } of clients.universe.syncPrices({})) {
      expect(progressPct).toBe(10);
      break;
    }
    await until(() => cancelled);
  });
});
