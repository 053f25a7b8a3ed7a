import { Caller } from '#template/caller.ts';
import { inEnvironment } from '#template/function.ts';

const REASON = new Error('gone home');

describe('the signal of a caller', () => {
  it('is created lazily', () => {
    const { AbortController: Real } = globalThis;
    const made = jest.fn();
    globalThis.AbortController = class extends Real {
      constructor() {
        super();
        made();
      }
    };
    const caller = new Caller();
    inEnvironment(
      {
        callId: 'x',
        caller,
        get signal() {
          return caller.signal;
        },
      },
      { env: {}, secret: async () => '' },
    );
    caller.onLeave(() => undefined);
    caller.leave(REASON);
    expect(caller.hasLeft).toBe(true);
    expect(made).not.toHaveBeenCalled();
    expect(caller.signal.aborted).toBe(true);
    expect(made).toHaveBeenCalledTimes(1);
    globalThis.AbortController = Real;
  });

  it('is the same object at every access', () => {
    const caller = new Caller();
    expect(caller.signal).toBe(caller.signal);
  });

  it('asked for before the caller leaves, aborts with its reason', () => {
    const caller = new Caller();
    const { signal } = caller;
    const heard = jest.fn();
    signal.addEventListener('abort', heard);
    expect(signal.aborted).toBe(false);
    caller.leave(REASON);
    expect([signal.aborted, signal.reason]).toEqual([true, REASON]);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('asked for afterwards, has aborted with its reason', () => {
    const caller = new Caller();
    caller.leave(REASON);
    expect([caller.signal.aborted, caller.signal.reason]).toEqual([true, REASON]);
  });

  it.each(['before', 'after'])('asked for %s leaving without a reason, names one', (when) => {
    const caller = new Caller();
    if (when === 'before') void caller.signal;
    caller.leave();
    expect((caller.signal.reason as DOMException).name).toBe('AbortError');
  });

  it('keeps the first reason', () => {
    const caller = new Caller();
    caller.leave(REASON);
    caller.leave(new Error('again'));
    expect(caller.signal.reason).toBe(REASON);
  });
});

describe('a leave listener', () => {
  it('is reported once, when the caller has left', () => {
    const caller = new Caller();
    const seen: boolean[] = [];
    caller.onLeave(() => void seen.push(caller.hasLeft));
    expect(seen).toEqual([]);
    caller.leave();
    caller.leave();
    expect(seen).toEqual([true]);
  });

  it('is called at once when it is added too late', () => {
    const caller = new Caller();
    caller.leave();
    const onLeave = jest.fn();
    caller.onLeave(onLeave);
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it('is not called any more after it was removed', () => {
    const caller = new Caller();
    const [first, second] = [jest.fn(), jest.fn()];
    caller.onLeave(first);
    caller.onLeave(second);
    caller.leave();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
    const other = new Caller();
    other.onLeave(first);
    other.onLeave(undefined);
    other.leave();
    expect(first).not.toHaveBeenCalled();
  });

  it('finds the reason on the signal', () => {
    const caller = new Caller();
    let reason: unknown;
    caller.onLeave(() => (reason = caller.signal.reason));
    caller.leave(REASON);
    expect(reason).toBe(REASON);
  });
});
