import { CallTurns } from '#shared/runtime/idempotency/call-turns.ts';

const patient = { atOnce: 2, waitMs: 60_000 };
const never = new AbortController();

/** Work that ends when the test ends it. */
function openWork() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) =>
      ends.set(name, (error) => (error ? reject(error) : resolve(name))),
    );
  };
  const end = (name: string, error?: Error): void => ends.get(name)?.(error);
  return { begun, work, end };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('works on as many as it may, and on the others in the order in which they came', async () => {
  const turns = new CallTurns(patient);
  const { begun, work, end } = openWork();
  const calls = ['a', 'b', 'c', 'd'].map((name) => turns.take(never, work(name)));
  await settled();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  end('a');
  await settled();
  end('c');
  end('d');
  expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
});

test('work that fails passes its turn on', async () => {
  const turns = new CallTurns({ ...patient, atOnce: 1 });
  const { begun, work, end } = openWork();
  const failing = turns.take(never, work('a'));
  const next = turns.take(never, work('b'));
  end('a', new Error('broken'));
  await expect(failing).rejects.toThrow('broken');
  await settled();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  expect(await next).toBe('b');
});

test('a caller who leaves before its turn, or comes after it left, never begins', async () => {
  const turns = new CallTurns({ ...patient, atOnce: 1 });
  const { begun, work, end } = openWork();
  const first = turns.take(never, work('a'));
  const caller = new AbortController();
  const leaving = turns.take(caller, work('b'));
  const last = turns.take(never, work('c'));
  caller.abort(new Error('left'));
  await expect(leaving).rejects.toThrow('left');
  await expect(turns.take(caller, work('d'))).rejects.toThrow('left');
  end('a');
  await first;
  await settled();
  expect(begun).toEqual(['a', 'c']);
  end('c');
  await last;
});

test('refuses a call whose turn does not come in time, and says when to come back', async () => {
  const turns = new CallTurns({ atOnce: 1, waitMs: 1 });
  const { begun, work, end } = openWork();
  const first = turns.take(never, work('a'));
  await expect(turns.take(never, work('b'))).rejects.toMatchObject({
    code: 'TOO_BUSY',
    facts: { rule: 'calls-at-once', retryAfterMs: 1_000 },
  });
  end('a');
  await first;
  expect(begun).toEqual(['a']);
  const again = turns.take(never, work('b'));
  await settled();
  end('b');
  expect(await again).toBe('b');
});
