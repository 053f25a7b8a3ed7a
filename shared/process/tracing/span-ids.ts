/** Ids of traces and spans, cut from a supply of random digits, as a call of the generator an id costs more. */
import { randomBytes } from 'node:crypto';

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const SUPPLY_BYTES = 4_096;

export class SpanIds {
  private supply = '';
  private used = 0;

  traceId(): string {
    return this.digits(TRACE_ID_DIGITS);
  }

  spanId(): string {
    return this.digits(SPAN_ID_DIGITS);
  }

  private digits(count: number): string {
    if (this.used + count > this.supply.length) {
      this.supply = randomBytes(SUPPLY_BYTES).toString('hex');
      this.used = 0;
    }
    this.used += count;
    return this.supply.slice(this.used - count, this.used);
  }
}
