/**
 * The log of the embedded mode: `log/trader.log` in DATA_DIR, one JSON line an event. Lines written
 * before the folder is locked are buffered. A file that has grown to its limit is kept as
 * `trader.log.1`, the one before as `.2`.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BYTES_MAX = 10 * 1024 * 1024;
const KEPT = 3;
const HELD_MAX = 1_000;

export class LogFile {
  private readonly bytesMax: number;
  private file: string | undefined;
  private descriptor: number | undefined;
  private bytes = 0;
  private held: string[] = [];

  constructor(bytesMax = BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /**
   * @returns the file's path; undefined where it cannot be written, which does not stop the process
   */
  open(dataDir: string): string | undefined {
    const folder = join(dataDir, 'log');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.file = join(folder, 'trader.log');
      this.begin(this.file);
    } catch {
      this.descriptor = undefined;
      this.file = undefined;
    }
    for (const line of this.held.splice(0)) this.write(line);
    return this.file;
  }

  write(line: string): void {
    if (this.descriptor === undefined || this.file === undefined) {
      if (this.held.length < HELD_MAX) this.held.push(line);
      return;
    }
    try {
      this.bytes += writeSync(this.descriptor, `${line}\n`);
      if (this.bytes >= this.bytesMax) this.rotate(this.file);
    } catch {
      // A full disk must not end the program that logs it.
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private begin(file: string): void {
    this.descriptor = openSync(file, 'a', 0o600);
    this.bytes = fstatSync(this.descriptor).size;
  }

  private rotate(file: string): void {
    this.close();
    for (let age = KEPT - 1; age >= 1; age -= 1) {
      const older = age === 1 ? file : `${file}.${age - 1}`;
      try {
        renameSync(older, `${file}.${age}`);
      } catch {
        // There is none of that age yet.
      }
    }
    this.begin(file);
  }
}
