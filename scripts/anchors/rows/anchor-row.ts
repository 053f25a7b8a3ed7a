/** A row of published or confirmed values, as the anchor files hold it. */

import type { Vocabulary } from './vocabulary.ts';

/** `abs(got - expected) <= abs + rel * abs(expected)`; a key that is missing is 0. */
export interface Tolerance {
  readonly abs?: number;
  readonly rel?: number;
}

export interface AnchorRow {
  /** Unique name. */
  readonly case: string;
  /** In words of the literature; with `parameters` it says all that changes the number. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
  readonly tolerance: Tolerance;
  /** Who published the number; its conventions hold where the row states none. */
  readonly source?: { readonly repo?: string };
  /** The row that differs by one word only; of rows that must not be answered. */
  readonly twin?: string;
  /** What an answer would be that passes over that word; it gives the shape. */
  readonly expected_if_ignored?: unknown;
}

/** A row asks for something the project does not compute. The text says what. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

/**
 * Computes what a row asks for, in the shape of its `expected`, or promises to. A number that is not defined
 * is `null` or NaN; an infinite one is itself.
 * @throws NotSupported
 */
export type Compute = (row: AnchorRow, files: AnchorFiles) => unknown;

/** What a category of rows can ask for: the first pattern that fits the operation's name answers. */
export interface Adapter {
  readonly category: string;
  /** What its rows can say. */
  readonly words: Vocabulary;
  readonly operations: readonly (readonly [RegExp, Compute])[];
}

/** The data files beside the rows, read once. */
export interface AnchorFiles {
  /** The text of a file that a row names, e.g. `public/data/prices.csv`. */
  text(name: string): string;
  /** Its comma-separated rows, the header first. */
  table(name: string): readonly (readonly string[])[];
}
