/** Folds of lists that grow. */
import { beginsWith } from './growing-list.ts';

interface Folded<T, S> {
  readonly items: readonly T[];
  readonly state: S;
}

/**
 * Folds lists that are computed again and again as they grow, such as the fills of an account. A list that begins
 * with the very objects of the list folded before goes on from its result; any other is folded from its start.
 */
export class RunningFold<T extends object, S> {
  private readonly begin: () => S;
  private readonly add: (state: S, item: T) => void;
  private readonly before = new WeakMap<T, Folded<T, S>>();

  /** @param add changes the state */
  constructor(begin: () => S, add: (state: S, item: T) => void) {
    this.begin = begin;
    this.add = add;
  }

  /**
   * @param items a list that is not changed afterwards
   * @returns a state that is to be read before the next list is folded
   */
  of(items: readonly T[]): S {
    const [first] = items;
    if (first === undefined) return this.begin();
    const known = this.before.get(first);
    const goesOn = known && beginsWith(items, known.items);
    const state = goesOn ? known.state : this.begin();
    // Where an item cannot be added, the state is half of what it was to be and serves nobody.
    this.before.delete(first);
    for (let i = goesOn ? known.items.length : 0; i < items.length; i += 1)
      this.add(state, items[i] as T);
    this.before.set(first, { items, state });
    return state;
  }
}
