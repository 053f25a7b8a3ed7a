/** Maps over items with bounded concurrency. */

/**
 * The results in the order of the items; up to `limit` are worked on at a time, so that a slow one does not
 * hold up those after it. A failure ends it, once what had begun is over.
 */
export async function* mapInOrder<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<readonly [item: T, result: R]> {
  const running: { readonly item: T; readonly result: Promise<R> }[] = [];
  let next = 0;
  const begin = (): void => {
    while (running.length < limit && next < items.length) {
      const item = items[next] as T;
      const result = work(item);
      // It is awaited below, maybe only after it has failed.
      result.catch(() => undefined);
      running.push({ item, result });
      next += 1;
    }
  };
  try {
    for (begin(); running.length > 0; begin()) {
      const first = running.shift();
      if (first) yield [first.item, await first.result];
    }
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
