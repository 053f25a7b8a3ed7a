/** How the sessions of one exchange are written down: weekdays, less what is closed, with the exceptions. */

export interface CalendarTable {
  /** ISO 10383 market identifier. */
  readonly exchange: string;
  readonly name: string;
  /** IANA time zone of all its hours. */
  readonly zone: string;
  /** First and last day that the table knows; between them every day is known. */
  readonly from: string;
  readonly to: string;
  /** The last day that the exchange has published; after it the closed days are estimates. Absent: all are known. */
  readonly estimatedAfter?: string | undefined;
  /**
   * The usual hours, each from a day on: `HHMM-HHMM`, with a break in the middle
   * `HHMM-HHMM-HHMM-HHMM` (opens, breaks, resumes, closes).
   */
  readonly hours: readonly (readonly [from: string, hours: string])[];
  /** Weekdays without a session by year: `MMDD MMDD …`. */
  readonly closed: Readonly<Record<number, string>>;
  /** Sessions with other hours by year: `MMDD:hours …`. Half days, late openings. */
  readonly special: Readonly<Record<number, string>>;
  /** Saturdays and Sundays with a session by year: `MMDD …`. */
  readonly extra: Readonly<Record<number, string>>;
  /** How many sessions all of this makes. */
  readonly sessions: number;
  /** SHA-256 of the lines `YYYY-MM-DD hours` of every session. */
  readonly checksum: string;
}
