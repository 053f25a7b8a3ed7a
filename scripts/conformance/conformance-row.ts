/** What a row of the conformance sheet says. */

/** Who breaks without it: faas-cli (M), functions and their callers (F), operators (O). D: upstream is
 * defective or unsafe here, and we do what the row says instead. */
export type Level = 'M' | 'F' | 'O' | 'D';

export interface Row {
  readonly number: number;
  readonly level: Level;
  readonly behaviour: string;
  /** How faasd CE behaves where it is not so; absent: the same. */
  readonly faasdCe?: string;
  /** How it holds here where that leaves a choice, or why it does not; absent: as it stands. */
  readonly here?: string;
  /** It does not hold here, for the reason that `here` gives. */
  readonly differs?: true;
}

/** A chapter of the sheet. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}
