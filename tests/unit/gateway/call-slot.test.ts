import { Caller } from '#template/caller.ts';
import type { CallContext, FunctionResult } from '#template/function.ts';
import { CallSlot, OVERDUE } from '#gateway/runtime/invoke/call-slot.ts';
import type { DeployedFunction } from '#gateway/runtime/executors/deployed-function.ts';

/** A slot in a function of which only the count of its calls matters. */
function slotOf(context: Partial<CallContext> = {}, execTimeoutMs = 60_000) {
  const statuses: number[] = [];
  const calls = { running: 0 };
  const deployed = {
    execTimeoutMs,
    begin: () => (calls.running += 1),
    end: () => (calls.running -= 1),
  };
  const { signal } = new AbortController();
  const slot = new CallSlot(
    deployed as unknown as DeployedFunction,
    { callId: 'a-call', signal, ...context },
    (status) => statuses.push(status),
  );
  return { slot, statuses, calls };
}

async function* endless(): AsyncGenerator<string> {
  for (;;) yield 'on and on';
}

/** Makes one piece and then hangs, whatever its signal says. */
async function* hanging(): AsyncGenerator<string> {
  yield 'one';
  await new Promise(() => undefined);
}

const chunksOf = ({ body }: FunctionResult) =>
  (body as AsyncIterable<string>)[Symbol.asyncIterator]();

it('is free when the answer is whole, and counts it once', () => {
  const { slot, statuses, calls } = slotOf();
  expect(calls.running).toBe(1);
  expect(slot.free({ status: 201, body: 'x' })).toEqual({ status: 201, body: 'x' });
  slot.release(500);
  expect([calls.running, statuses]).toEqual([0, [201]]);
});

it('is held while chunks arrive, and free after the last', async () => {
  const { slot, statuses, calls } = slotOf();
  const chunks = chunksOf(
    slot.free({
      body: (async function* () {
        yield 'one';
      })(),
    }),
  );
  expect(await chunks.next()).toEqual({ done: false, value: 'one' });
  expect(calls.running).toBe(1);
  expect((await chunks.next()).done).toBe(true);
  expect([calls.running, statuses]).toEqual([0, [200]]);
});

it.each([0, 1])('is free when the reader stops after %i chunks', async (read) => {
  const { slot, statuses, calls } = slotOf();
  const chunks = chunksOf(slot.free({ body: endless() }));
  for (let i = 0; i < read; i += 1) await chunks.next();
  await chunks.return?.();
  expect([calls.running, statuses]).toEqual([0, [200]]);
  expect(slot.signal.aborted).toBe(true);
});

it('is free when a chunk fails', async () => {
  const { slot, calls } = slotOf();
  const chunks = chunksOf(
    slot.free({
      body: (async function* () {
        throw new Error('no more');
      })(),
    }),
  );
  await expect(chunks.next()).rejects.toThrow('no more');
  expect(calls.running).toBe(0);
});

it('cuts a stream off when the time is up, though it ignores its signal', async () => {
  const { slot, calls } = slotOf({}, 20);
  const chunks = chunksOf(slot.free({ body: hanging() }));
  await chunks.next();
  await expect(chunks.next()).rejects.toThrow('time limit was exceeded');
  expect(calls.running).toBe(0);
  expect((slot.signal.reason as DOMException).name).toBe('TimeoutError');
});

it('is overdue before the function is aborted', async () => {
  const { slot } = slotOf({}, 5);
  const answered = new Promise((resolve) =>
    slot.signal.addEventListener('abort', () => resolve('woken')),
  );
  expect(await Promise.race([answered, slot.overdue])).toBe(OVERDUE);
  slot.release(504);
});

it.each(['a caller', 'a signal'])('is free when %s leaves, before or after it began', (who) => {
  for (const when of ['before', 'after']) {
    const caller = new Caller();
    const leave = (): void => caller.leave(new Error('gone'));
    const context = who === 'a caller' ? { caller } : {};
    if (when === 'before') leave();
    const { slot, statuses, calls } = slotOf({
      ...context,
      get signal() {
        return caller.signal;
      },
    });
    if (when === 'after') leave();
    expect([calls.running, statuses]).toEqual([0, [499]]);
    expect((slot.signal.reason as Error).message).toBe('gone');
  }
});
