/** Bytes that grow as numbers are added; integers take one byte for each seven bits (LEB128). */
const LENGTH_BEGUN = 4_096;
/** Below it, bit operations are exact. */
const SMALL_MAX = 0x40_00_00_00;

export class ByteWriter {
  private bytes = new Uint8Array(LENGTH_BEGUN);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** For another text in the same memory. */
  clear(): void {
    this.length = 0;
  }

  /** A view of what was written; it holds until the next write. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** @param value a whole number from 0 to 2^53 - 1 */
  unsigned(value: number): void {
    this.reserve(8);
    let rest = value;
    for (; rest >= SMALL_MAX; rest = Math.floor(rest / 128)) this.next((rest % 128) | 128);
    for (; rest >= 128; rest >>>= 7) this.next((rest & 127) | 128);
    this.next(rest);
  }

  /** @param value a whole number whose double is exact; small ones of both signs take few bytes */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  private next(byte: number): void {
    this.bytes[this.length] = byte;
    this.length += 1;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * this.bytes.length);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
