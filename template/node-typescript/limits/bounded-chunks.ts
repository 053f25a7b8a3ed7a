/** A stream that holds a resource until it ends. */

export interface StreamBounds {
  /** Resolves when the stream's time limit is reached. */
  readonly timeUp: Promise<unknown>;
  /** Called once when it is over: read to its end, broken, timed out, or abandoned. */
  over(how: 'done' | 'broken' | 'left'): void;
}

/**
 * Passes chunks on until there are no more, one fails, the time is up, or the reader is gone:
 * unlike a generator, it is also over when nobody has begun to read it.
 */
export function boundedChunks<T>(chunks: AsyncIterable<T>, bounds: StreamBounds): AsyncIterable<T> {
  const source = chunks[Symbol.asyncIterator]();
  const late = bounds.timeUp.then(() =>
    Promise.reject(new Error('the execution time limit was exceeded')),
  );
  late.catch(() => undefined);
  let isOver = false;
  const over = (how: 'done' | 'broken' | 'left'): void => {
    if (isOver) return;
    isOver = true;
    bounds.over(how);
    // Not awaited: a hanging source must not block the reader.
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
