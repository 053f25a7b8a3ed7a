/** Shares that a sale took from one lot, as a broker or a file reports them. */
import type { Instant } from './instant.ts';
import type { Quantity } from './quantity.ts';

export interface ClosedLot {
  /** Id of the transaction that opened the lot, in the report's own terms; absent where it states none. */
  readonly openedBy?: string | undefined;
  /** When the lot was opened; the beginning of its day where only that is known, which `isDayOnly` says. */
  readonly openedAt?: Instant | undefined;
  readonly isDayOnly?: boolean | undefined;
  /** Above 0. */
  readonly quantity: Quantity;
}
