/** Rows of values that are in memory: each value is written as a row once, and each row read once. */
export class KeptRows<T extends object> {
  private readonly rows = new WeakMap<T, unknown[]>();
  private readonly values = new WeakMap<unknown[], T>();

  rowOf(value: T, write: () => unknown[]): unknown[] {
    return this.rows.get(value) ?? this.keep(value, write()).row;
  }

  /** @param isMeant whether the value that is known of the row is the one that would be read */
  valueOf(row: unknown[], isMeant: (known: T) => boolean, read: () => T): T {
    const known = this.values.get(row);
    return known && isMeant(known) ? known : this.keep(read(), row).value;
  }

  private keep(value: T, row: unknown[]): { readonly value: T; readonly row: unknown[] } {
    this.rows.set(value, row);
    this.values.set(row, value);
    return { value, row };
  }
}
