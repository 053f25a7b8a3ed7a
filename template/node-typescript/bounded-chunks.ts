/** A stream that holds something for its time. */

export interface Bounds {
  /** Resolves when the time of the stream is up. */
  readonly timeUp: Promise<unknown>;
  /** Told once when it is over: read to its end, broken, out of time, or left. */
  over(how: 'done' | 'broken' | 'left'): void;
}

/**
 * Passes pieces on until there are no more, one cannot be made, the time is up, or nobody wants them:
 * unlike a generator, it is also over when nobody has begun to read it.
 */
export function boundedChunks<T>(chunks: AsyncIterable<T>, bounds: Bounds): AsyncIterable<T> {
  const source = chunks[Symbol.asyncIterator]();
  const late = bounds.timeUp.then(() => Promise.reject(new Error('the execution time ran out')));
  late.catch(() => undefined);
  let isOver = false;
  const over = (how: 'done' | 'broken' | 'left'): void => {
    if (isOver) return;
    isOver = true;
    bounds.over(how);
    // Not awaited: a source that hangs must not hold who reads.
    if (how !== 'done') void source.return?.().catch(() => undefined);
  };
  const next = async (): Promise<IteratorResult<T>> => {
    try {
      const chunk = await Promise.race([source.next(), late]);
      if (chunk.done) over('done');
      return chunk;
    } catch (thrown) {
      over('broken');
      throw thrown;
    }
  };
  const leave = async (): Promise<IteratorResult<T>> => {
    over('left');
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}
