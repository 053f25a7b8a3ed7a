/** What is stored of many things, read for some at once, shortly before their turn. */

interface Part<Key, T> {
  readonly keys: readonly Key[];
  found: Promise<Map<Key, () => T>> | undefined;
}

export class ReadAhead<Key, T> {
  private readonly parts = new Map<Key, Part<Key, T>>();
  private readonly read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, () => T>>;

  /**
   * @param keys in the order of their turns
   * @param count read at once
   * @param read of each what is stored, or what throws that it cannot be read
   */
  constructor(keys: readonly Key[], count: number, read: ReadAhead<Key, T>['read']) {
    this.read = read;
    for (let first = 0; first < keys.length; first += count) {
      const part = { keys: keys.slice(first, first + count), found: undefined };
      for (const key of part.keys) this.parts.set(key, part);
    }
  }

  /** Of each key once; it is kept no longer. Undefined where nothing is stored. */
  async take(key: Key): Promise<T | undefined> {
    const part = this.parts.get(key);
    if (!part) return undefined;
    part.found ??= this.read(part.keys).then((found) => new Map(found));
    const found = await part.found;
    const value = found.get(key);
    found.delete(key);
    return value?.();
  }
}
