import { Caller } from '#template/caller.ts';
import { inTime, OVERDUE_ANSWER } from '#template/limits/exec-timeout.ts';
import type { FunctionContext, FunctionEvent, FunctionHandler } from '#template/function.ts';

const event = (timeout?: string): FunctionEvent => ({
  method: 'GET',
  path: '/',
  query: new URLSearchParams(),
  headers: { 'x-timeout': timeout },
  body: Buffer.alloc(0),
});

function contextOf(caller: Caller | undefined, signal: AbortSignal): FunctionContext {
  return {
    callId: 'x',
    caller,
    signal,
    shared: 'shared',
    env: { A: '1' },
    secret: async () => 's',
  };
}

const plain = contextOf(undefined, new AbortController().signal);

/** Runs until its signal aborts, and keeps why. */
function waiting(): { handler: FunctionHandler; reasons: unknown[] } {
  const reasons: unknown[] = [];
  const handler: FunctionHandler = (_event, { signal }) =>
    new Promise((resolve) => {
      const woken = (): void => {
        reasons.push(signal.reason);
        resolve({ body: 'woken' });
      };
      if (signal.aborted) woken();
      else signal.addEventListener('abort', woken);
    });
  return { handler, reasons };
}

it('passes the context to the handler', async () => {
  const timed = inTime(async (_event, { callId, shared, env, secret }) => {
    return { body: [callId, shared, env['A'], await secret('s')] };
  }, 1_000);
  expect(await timed(event(), plain)).toEqual({ body: ['x', 'shared', '1', 's'] });
});

it.each([
  [20, undefined],
  [60_000, '20ms'],
  [0, '20ms'],
])('answers in its place after %i ms or what the caller allows (%s)', async (ms, allowed) => {
  const { handler, reasons } = waiting();
  expect(await inTime(handler, ms)(event(allowed), plain)).toBe(OVERDUE_ANSWER);
  expect((reasons[0] as DOMException).name).toBe('TimeoutError');
});

it('does not let the caller lengthen the time limit', async () => {
  expect(await inTime(waiting().handler, 20)(event('10m'), plain)).toBe(OVERDUE_ANSWER);
});

it.each([
  ['a caller', 'before'],
  ['a caller', 'while it runs'],
  ['a signal', 'before'],
  ['a signal', 'while it runs'],
])('aborts it when %s leaves %s', async (who, when) => {
  const caller = new Caller();
  const leave = (): void => caller.leave(new Error('gone'));
  if (when === 'before') leave();
  const { handler, reasons } = waiting();
  const context = contextOf(who === 'a caller' ? caller : undefined, caller.signal);
  const answered = inTime(handler, 60_000)(event(), context);
  if (when !== 'before') leave();
  expect(await answered).toEqual({ body: 'woken' });
  expect((reasons[0] as Error).message).toBe('gone');
});

it('cuts a stream off when the time is up', async () => {
  const handler: FunctionHandler = () => ({
    body: (async function* () {
      yield 'one';
      await new Promise(() => undefined);
    })(),
  });
  const { body } = await inTime(handler, 20)(event(), plain);
  const chunks = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
  expect((await chunks.next()).value).toBe('one');
  await expect(chunks.next()).rejects.toThrow('time limit was exceeded');
});

it('closes a stream without a reader, and releases its caller', async () => {
  const caller = new Caller();
  let isOver = false;
  let signal: AbortSignal | undefined;
  const handler: FunctionHandler = (_event, context) => {
    ({ signal } = context);
    return {
      body: {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: true, value: undefined }),
          return: async () => ((isOver = true), { done: true, value: undefined }),
        }),
      },
    };
  };
  const { body } = await inTime(handler, 60_000)(event(), contextOf(caller, caller.signal));
  await (body as AsyncIterable<string>)[Symbol.asyncIterator]().return?.();
  expect([isOver, signal?.aborted]).toEqual([true, true]);
});
