/**
 * A set that is only ever added to, where each addition gives a new set and the one before stays what it is. Sets
 * that follow one another share their values, so an addition costs no copy.
 */
export class GrowingSet<T> {
  readonly size: number;
  /** Shared: where each value stands, and the values of the longest set that was made of them. */
  private readonly places: Map<T, number>;
  private readonly all: T[];

  private constructor(places: Map<T, number>, all: T[], size: number) {
    this.places = places;
    this.all = all;
    this.size = size;
  }

  static of<T>(values: Iterable<T> = []): GrowingSet<T> {
    const all = [...new Set(values)];
    return new GrowingSet(new Map(all.map((value, i) => [value, i])), all, all.length);
  }

  /** The same of sets that share their values: of two, the larger contains the smaller. */
  get lineage(): object {
    return this.places;
  }

  has(value: T): boolean {
    const place = this.places.get(value);
    return place !== undefined && place < this.size;
  }

  with(value: T): GrowingSet<T> {
    if (this.has(value)) return this;
    if (this.all[this.size] === value) return new GrowingSet(this.places, this.all, this.size + 1);
    // Another set goes on from here already, with another value.
    if (this.all.length > this.size) return GrowingSet.of([...this.values(), value]);
    this.places.set(value, this.size);
    this.all.push(value);
    return new GrowingSet(this.places, this.all, this.size + 1);
  }

  /** In the order of addition. */
  values(): readonly T[] {
    return this.all.slice(0, this.size);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.values()[Symbol.iterator]();
  }
}
