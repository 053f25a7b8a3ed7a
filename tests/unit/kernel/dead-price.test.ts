import { deadPriceReason, movedLately, STALE_SESSIONS } from '#shared/kernel/bars/dead-price.ts';

const moving = (length: number): number[] =>
  Array.from({ length }, (_, i) => 100 + Math.sin(i) + i / 50);
const flat = (length: number): number[] => new Array<number>(length).fill(100);
const shares = (length: number, each: number): number[] => new Array<number>(length).fill(each);

const reasonOf = (closes: readonly number[], volume: readonly number[], peersMoved = true) =>
  deadPriceReason({ adjustedClose: closes, volume }, { peersMoved, tradesInShares: true });

describe('a dead price', () => {
  const unknown = shares(200, Number.NaN);

  test('has not changed while others moved', () => {
    const closes = [...moving(190), ...flat(STALE_SESSIONS)];
    expect(reasonOf(closes, unknown)).toContain('has not changed for 10 sessions, while others');
    expect(reasonOf(closes.slice(0, -1), unknown)).toBeUndefined();
  });

  test('has not changed while its shares were traded', () => {
    const closes = [...moving(190), ...flat(STALE_SESSIONS)];
    expect(reasonOf(closes, shares(200, 500), false)).toContain('shares were traded');
    expect(reasonOf(closes, unknown, false)).toBeUndefined();
  });

  test('has no variance, whatever others do', () => {
    expect(reasonOf(flat(200), unknown, false)).toContain('no variance');
    const rounding = flat(200).map((close, i) => close * (1 + (i % 2) * 1e-9));
    expect(reasonOf(rounding, unknown, false)).toContain('no variance');
  });

  test('is one at which no share was traded', () => {
    const volume = [...shares(190, 500), ...shares(STALE_SESSIONS, 0)];
    expect(reasonOf(moving(200), volume)).toContain('no share of it was traded');
    const fund = { peersMoved: true, tradesInShares: false };
    expect(deadPriceReason({ adjustedClose: moving(200), volume }, fund)).toBeUndefined();
  });

  test('is not a price that moves, though little', () => {
    expect(reasonOf(moving(200), shares(200, 500))).toBeUndefined();
    const money = Array.from({ length: 200 }, (_, i) => 100 * 1.0001 ** i + (i % 3) * 0.001);
    expect(reasonOf(money, shares(200, 500))).toBeUndefined();
  });

  test('is not decided on a few sessions', () => {
    expect(reasonOf(flat(STALE_SESSIONS - 1), unknown)).toBeUndefined();
    expect(movedLately({ adjustedClose: flat(20), volume: unknown })).toBe(false);
  });
});
