/** The order in which a batch is executed, and the key of each of its orders. */
import { shortHash } from '#shared/kernel/hash.ts';

const KEY_CHARACTERS_MAX = 128;

/** Indexes of the orders: sales first, then purchases, each in the order given. */
export function inTurn(sides: readonly ('BUY' | 'SELL')[]): readonly number[] {
  const places = sides.map((_side, place) => place);
  return [
    ...places.filter((place) => sides[place] === 'SELL'),
    ...places.filter((place) => sides[place] === 'BUY'),
  ];
}

/** `<key>-<place>`; a key too long for that is shortened to its hash. */
export function keyOfOrder(batchKey: string, place: number): string {
  const key = `${batchKey}-${place}`;
  return key.length <= KEY_CHARACTERS_MAX ? key : `${shortHash(batchKey)}-${place}`;
}
