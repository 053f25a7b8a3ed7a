/** Observations made while a point ran, from outside the system under test. */
import type { Epoch } from '#shared/redis/epoch.ts';

/** One answer as the caller got it. */
export interface Answer {
  readonly operation: string;
  readonly key: string;
  readonly status: number;
  readonly requestId: string;
  /** The one that it should have. */
  readonly requestIdDue: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One stored version of an order. */
export interface StoredVersion {
  readonly tradeId: string;
  readonly clientOrderId: string;
  readonly version: number;
  readonly state: string;
  readonly filled: number;
}

export class Observations {
  readonly lines: string[] = [];
  readonly answers: Answer[] = [];
  /** Of the state, as Redis held them after each commit that advanced it. */
  readonly epochs: Epoch[] = [];
  readonly versions: StoredVersion[] = [];
  /** Orders stored as SUBMITTING when the halt was acknowledged; undefined: none was. */
  underWayAtHalt: ReadonlySet<string> | undefined;
  receivedAtHalt = 0;
  receivedAtLoss: number | undefined;
  underWayAtLoss: ReadonlySet<string> = new Set();
  /** When a new beginning was declared after the loss. */
  receivedAtDeclaration: number | undefined;
  private ids = 0;
  private calls = 0;

  newId(): string {
    this.ids += 1;
    return `id-${this.ids}`;
  }

  /** Numbers the calls from outside. */
  nextCall(): number {
    this.calls += 1;
    return this.calls;
  }

  /** A line for each answer. */
  answersText(): string[] {
    return this.answers.map(({ operation, status, body }) => {
      const said = body['message'] ?? body['error'] ?? '';
      return `${operation} answered ${status} ${String(body['code'] ?? '')} ${String(said)}`;
    });
  }

  noteLoss(received: number): void {
    this.underWayAtLoss = this.underWay();
    this.receivedAtLoss = received;
  }

  noteHalt(received: number): void {
    this.underWayAtHalt = this.underWay();
    this.receivedAtHalt = received;
  }

  /** Orders that are stored as SUBMITTING. */
  private underWay(): ReadonlySet<string> {
    const latest = new Map(this.versions.map((one) => [one.tradeId, one]));
    const underWay = [...latest.values()].filter(({ state }) => state === 'SUBMITTING');
    return new Set(underWay.map(({ clientOrderId }) => clientOrderId));
  }
}
