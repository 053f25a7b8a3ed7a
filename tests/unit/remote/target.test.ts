import { BrokenCircuitError } from 'cockatiel';
import { Outage } from '#shared/clients/remote/outage.ts';
import { RemoteTarget } from '#shared/clients/remote/remote-target.ts';
import { silentLog, type Log } from '#shared/process/log.ts';

const HOUR_MS = 3_600_000;
const away = (): Promise<never> => Promise.reject(new Outage('connection', 'no', undefined));

let target: RemoteTarget;
let events: string[];
/** Resolves with the next event of the log. */
let next: () => Promise<string>;

beforeEach(() => {
  events = [];
  const listeners: ((event: string) => void)[] = [];
  const take = (event: string): void => {
    events.push(event);
    listeners.splice(0).forEach((listener) => listener(event));
  };
  next = () => new Promise((resolve) => void listeners.push(resolve));
  const log: Log = { ...silentLog, info: take, warn: take };
  const breaker = { failures: 2, pauseMs: HOUR_MS };
  target = new RemoteTarget({ address: 'state:50054', device: 'state', breaker, log });
});
afterEach(() => target.close());

async function lose(): Promise<void> {
  await expect(target.reach(away)).rejects.toBeInstanceOf(Outage);
  await expect(target.reach(away)).rejects.toBeInstanceOf(Outage);
}

it('is called again as soon as a health check is answered, however long the pause', async () => {
  await lose();
  const recovered = next();
  target.watch(() => Promise.resolve(), { intervalMs: 5, timeoutMs: 100 });
  expect(await recovered).toBe('board-recovered');
  expect(target.isAway).toBe(false);
  await expect(target.reach(() => Promise.resolve('here'))).resolves.toBe('here');
  expect(events).toEqual(['board-lost', 'board-recovered']);
});

it('is left alone while health checks are not answered', async () => {
  await lose();
  let probes = 0;
  const third = new Promise<void>((resolve) => {
    const probe = (): Promise<never> => {
      if ((probes += 1) === 3) resolve();
      return away();
    };
    target.watch(probe, { intervalMs: 5, timeoutMs: 100 });
  });
  await third;
  let called = false;
  const call = target.reach(() => Promise.resolve((called = true)));
  await expect(call).rejects.toBeInstanceOf(BrokenCircuitError);
  expect(called).toBe(false);
  expect(events).toEqual(['board-lost']);
});

it('is asked sooner than its interval while it is away', async () => {
  await lose();
  const recovered = next();
  target.watch(() => Promise.resolve(), { intervalMs: HOUR_MS, timeoutMs: 100 });
  expect(await recovered).toBe('board-recovered');
});

it('is lost by health checks alone', async () => {
  const lost = next();
  target.watch(away, { intervalMs: 5, timeoutMs: 100 });
  expect(await lost).toBe('board-lost');
});

it('is lost and found again any number of times', async () => {
  target.watch(() => Promise.resolve(), { intervalMs: HOUR_MS, timeoutMs: 100 });
  for (let time = 0; time < 2; time += 1) {
    await lose();
    expect(await next()).toBe('board-recovered');
  }
  expect(events).toEqual(['board-lost', 'board-recovered', 'board-lost', 'board-recovered']);
});
