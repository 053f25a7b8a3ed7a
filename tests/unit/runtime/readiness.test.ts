/** What all operations of a process need is asked once for all that are asked at the same time. */
import { trading } from '#shared/contract/trading.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { requireReady } from '#shared/runtime/readiness.ts';

const operation = { ...trading.executeTrade, needs: ['broker'] } as const;
const { signal } = new AbortController();

function opened(ping: (signal: AbortSignal) => Promise<void>) {
  let pings = 0;
  const broker = {
    ping: (limited: AbortSignal) => {
      pings += 1;
      return ping(limited);
    },
  };
  const dependencies = { broker } as unknown as Dependencies;
  const ask = () => requireReady(operation, dependencies, signal);
  return { ask, pings: () => pings };
}

afterEach(() => void jest.useRealTimers());

test('one ping answers all that ask while it runs', async () => {
  let answer = (): void => undefined;
  const { ask, pings } = opened(() => new Promise((resolve) => (answer = resolve)));
  const asked = [ask(), ask(), ask()];
  expect(pings()).toBe(1);
  answer();
  await Promise.all(asked);
  const again = ask();
  expect(pings()).toBe(2);
  answer();
  await again;
});

test('one that says nothing is given up for all, and the next to ask pings anew', async () => {
  jest.useFakeTimers();
  const { ask, pings } = opened(() => new Promise(() => undefined));
  const missing = { code: 'UNAVAILABLE', facts: { missing: ['broker'] } };
  const both = Promise.all([ask(), ask()].map((one) => expect(one).rejects.toMatchObject(missing)));
  await jest.advanceTimersByTimeAsync(2_000);
  await both;
  const next = expect(ask()).rejects.toMatchObject(missing);
  expect(pings()).toBe(2);
  await jest.advanceTimersByTimeAsync(2_000);
  await next;
});
