/** What a file of a broker or of another program says, in neutral words. */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';

export const transactionKinds = [
  'buy',
  'sell',
  'dividend',
  'tax',
  'interest',
  'fee',
  'deposit',
  'withdrawal',
  /** Cash that an exchange of currencies took or brought; what it gained or lost where a row has both. */
  'conversion',
  'transfer-in',
  'transfer-out',
] as const;
export type TransactionKind = (typeof transactionKinds)[number];

export interface ImportedTransaction {
  /** Line of the file, or number of the entry, from 1. */
  readonly line: number;
  /** The file's own id of the row; absent where it has none. */
  readonly rowId?: string | undefined;
  /** What a row without an id is known by: its cells, never what is made of them. */
  readonly content: string;
  /** What earlier versions of the reader knew it by. */
  readonly earlierContents?: readonly string[] | undefined;
  readonly kind: TransactionKind;
  readonly at: Instant;
  readonly isin?: string | undefined;
  readonly symbol?: string | undefined;
  /** Never negative. */
  readonly quantity?: Decimal | undefined;
  /** Of one share. */
  readonly price?: { readonly amount: Decimal; readonly currency: string } | undefined;
  /** Price times shares is the worth of the trade; of bonds and contracts it is not. */
  readonly isPriceOfShare?: boolean | undefined;
  /** Change of the cash balance, everything included; signed. */
  readonly cash: Decimal;
  /** Of `cash`, `charges` and `tax`; empty: the account's. */
  readonly currency: string;
  /** Of that currency into `rateTo`, where the file says it; else the stored one of the day. */
  readonly rate?: Decimal | undefined;
  /** The account's own where it is absent. */
  readonly rateTo?: string | undefined;
  /** Cancelled by another row of the file: never booked. */
  readonly isCancelled?: boolean | undefined;
  /** Contained in `cash`; never negative. */
  readonly charges?: Decimal | undefined;
  /** Withheld, contained in `cash`; negative where it is given back. */
  readonly tax?: Decimal | undefined;
  /** The text of the row, where its kind does not say what it is. */
  readonly note?: string | undefined;
  /** Of a sale: the lots that it closed, where the file says it; `openedBy` is the `rowId` of a purchase. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
}

export const importedActionKinds = [
  'split',
  'stock-dividend',
  'spin-off',
  'merger',
  'rename',
  'delisting',
] as const;
export type ImportedActionKind = (typeof importedActionKinds)[number];

/** A corporate action as a file says it; shares and cash are those of the account. */
export interface ImportedAction {
  /** Of its first row. */
  readonly line: number;
  readonly rowId?: string | undefined;
  readonly content: string;
  readonly kind: ImportedActionKind;
  readonly at: Instant;
  readonly isin?: string | undefined;
  readonly symbol?: string | undefined;
  readonly newIsin?: string | undefined;
  readonly newSymbol?: string | undefined;
  /** So many shares for so many. */
  readonly ratio?: SharesRatio | undefined;
  /** Of the security itself, where the file says them. */
  readonly sharesBefore?: Decimal | undefined;
  readonly sharesAfter?: Decimal | undefined;
  /** Signed. */
  readonly sharesChange?: Decimal | undefined;
  /** Of the new security. */
  readonly sharesReceived?: Decimal | undefined;
  /** Share of the cost that goes to the new shares (spin-off) or to the cash (merger). */
  readonly costRatio?: Decimal | undefined;
  readonly cash?: Decimal | undefined;
  /** Of `cash`; empty: the account's. */
  readonly currency: string;
  readonly rate?: Decimal | undefined;
  readonly rateTo?: string | undefined;
}

export interface SharesRatio {
  readonly newShares: Decimal;
  readonly oldShares: Decimal;
}

/** What a row says; or why it is no transaction of ours. */
export type Read =
  | (Omit<ImportedTransaction, 'line' | 'content'> & { readonly content?: string | undefined })
  | string;

/** A row that is no transaction of ours, and why. */
export interface LeftRow {
  readonly line: number;
  readonly reason: string;
}

export interface ParsedFile {
  readonly transactions: readonly ImportedTransaction[];
  /** None where the format has none. */
  readonly actions?: readonly ImportedAction[] | undefined;
  readonly left: readonly LeftRow[];
}

/** A format: pure, from the text of a file to transactions. */
export interface ImportFormat {
  readonly name: string;
  /** Its program counts the shares of every day in those of today, so that splits are in it already. */
  readonly countsInSharesOfToday?: boolean;
  /** No two transactions have one id: a row whose id comes again is the same row. */
  readonly idsAreUnique?: boolean;
  /** By its header, never by the file's name. */
  recognises(file: ImportFile): boolean;
  parse(file: ImportFile): ParsedFile;
}

export interface ImportFile {
  readonly text: string;
  /** Between the cells. */
  readonly delimiter: string;
  /** Rows of trimmed cells, the header among them; empty for JSON and XML. */
  readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[];
}
