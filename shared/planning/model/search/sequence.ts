/**
 * A sequence: the whole lots that are bought (+) or sold (-) of each security, sells before the
 * buys they pay for. The order of execution does not change the result otherwise, so equal lots are
 * the same sequence and are evaluated once.
 */
export type Side = 'BUY' | 'SELL';

/** Signed lots by security of the search space; 0 leaves the security alone. */
export type Sequence = Float64Array;

export interface SizedOrder {
  /** Index into the search space. */
  readonly security: number;
  readonly side: Side;
  readonly lots: number;
}

/** Sells first, then buys; each by index. */
export function ordersOf(sequence: Sequence): readonly SizedOrder[] {
  const orders = [...sequence].map((lots, security): SizedOrder => ({
    ...{ security, lots: Math.abs(lots) },
    side: lots < 0 ? 'SELL' : 'BUY',
  }));
  const traded = orders.filter((order) => order.lots > 0);
  return [
    ...traded.filter((order) => order.side === 'SELL'),
    ...traded.filter((order) => order.side === 'BUY'),
  ];
}
