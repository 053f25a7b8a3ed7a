/** What a file of a broker or of another program says, in neutral words. */
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';

export type TransactionKind =
  | 'buy'
  | 'sell'
  | 'dividend'
  | 'tax'
  | 'interest'
  | 'fee'
  | 'deposit'
  | 'withdrawal'
  | 'transfer-in'
  | 'transfer-out';

export interface ImportedTransaction {
  /** Line of the file, or number of the entry, from 1. */
  readonly line: number;
  /** The file's own id of the row; absent where it has none. */
  readonly rowId?: string | undefined;
  /** All cells, for a row without an id. */
  readonly content: string;
  readonly kind: TransactionKind;
  readonly at: Instant;
  readonly isin?: string | undefined;
  readonly symbol?: string | undefined;
  /** Never negative. */
  readonly quantity?: Decimal | undefined;
  /** Of one share. */
  readonly price?: { readonly amount: Decimal; readonly currency: string } | undefined;
  /** Change of the cash balance, everything included; signed. */
  readonly cash: Decimal;
  /** Of `cash`, `charges` and `tax`; empty: the account's. */
  readonly currency: string;
  /** Of that currency into the account's, where the file says it; else the stored one of the day. */
  readonly rate?: Decimal | undefined;
  /** Contained in `cash`; never negative. */
  readonly charges?: Decimal | undefined;
  /** Withheld, contained in `cash`; never negative. */
  readonly tax?: Decimal | undefined;
}

/** What a row says; or why it is no transaction of ours. */
export type Read = Omit<ImportedTransaction, 'line' | 'content'> | string;

/** A row that is no transaction of ours, and why. */
export interface LeftRow {
  readonly line: number;
  readonly reason: string;
}

export interface ParsedFile {
  readonly transactions: readonly ImportedTransaction[];
  readonly left: readonly LeftRow[];
}

/** A format: pure, from the text of a file to transactions. */
export interface ImportFormat {
  readonly name: string;
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
