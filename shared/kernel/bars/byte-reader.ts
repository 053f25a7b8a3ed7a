/** Reads what a `ByteWriter` wrote. Beyond the end everything is 0, and it is not at its end any more. */
/** Below it, bit operations are exact. */
const SMALL_MAX = 0x40_00_00_00;

export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether just all bytes were read. */
  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }

  /** Reads a byte where it is this one. */
  isNext(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  unsigned(): number {
    const first = this.byte();
    return first < 128 ? first : this.longer(first & 127);
  }

  signed(): number {
    const value = this.unsigned();
    if (value < SMALL_MAX) return (value >>> 1) ^ -(value & 1);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Passes over so many numbers that were written one after the other as `signed` or `unsigned`. */
  passNumbers(count: number): void {
    for (let left = count; left > 0 && this.at < this.bytes.length; this.at += 1)
      if ((this.bytes[this.at] ?? 0) < 128) left -= 1;
  }

  passBytes(count: number): void {
    this.at += count;
  }

  float32(): number {
    return this.skip(4) ? this.view.getFloat32(this.at - 4, true) : 0;
  }

  float64(): number {
    return this.skip(8) ? this.view.getFloat64(this.at - 8, true) : 0;
  }

  private longer(begun: number): number {
    let small = begun;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      small |= (byte & 127) << shift;
      if (byte < 128) return small;
    }
    return this.longest(small);
  }

  /** Behind four bytes. */
  private longest(begun: number): number {
    let [value, factor] = [begun, 2 ** 28];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  private skip(count: number): boolean {
    this.at += count;
    return this.at <= this.bytes.length;
  }
}
