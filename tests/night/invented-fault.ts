/** A fault of a night: how it is made and mended, and by which alert with which labels it must be found. */
export interface InventedFault {
  readonly name: string;
  /** By which it is found and named. */
  readonly alert: string;
  /** By which it is located. */
  readonly labels: Readonly<Record<string, string>>;
  /** Alerts that say the same of what depends on it, and may come before. */
  readonly consequences?: readonly string[];
  /** Kind of the notice; absent where none can be sent, or the fault has none. */
  readonly notice?: string;
  /** The alert waits for longer than a minute by its nature: it is found when it begins to wait. */
  readonly waits?: boolean;
  /** How long the alert stays beyond the mend, as it looks back. */
  readonly lastsSeconds?: number;
  make(): Promise<unknown>;
  mend(): Promise<unknown>;
}
