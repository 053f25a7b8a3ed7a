/**
 * The log of the embedded mode: `log/trader.log` in DATA_DIR, one JSON line an event. Lines that cannot be written,
 * as before the folder is locked, are held. A file that has grown to its limit is kept as
 * `trader.log.1`, the one before as `.2`.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const BYTES_MAX = 10 * 1024 * 1024;
const KEPT = 3;
const HELD_MAX = 1_000;

export class LogFile {
  private readonly bytesMax: number;
  private file: string | undefined;
  private descriptor: number | undefined;
  private bytes = 0;
  private readonly held: string[] = [];

  constructor(bytesMax = BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /**
   * @returns the file's path; undefined where it cannot be written, which does not stop the process
   */
  open(dataDir: string): string | undefined {
    this.file = join(dataDir, 'log', 'trader.log');
    return this.isWritable() ? this.file : undefined;
  }

  write(line: string): void {
    if (this.held.length < HELD_MAX) this.held.push(line);
    this.flush();
  }

  /** Whether lines reach the file, and the next one when it is full. Opens it again where it is gone, and writes what was held. */
  isWritable(): boolean {
    if (this.file === undefined) return false;
    try {
      if (!this.isThere(this.file)) this.begin(this.file);
      accessSync(dirname(this.file), constants.W_OK);
    } catch {
      return false;
    }
    this.flush();
    return this.held.length === 0;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private flush(): void {
    if (this.descriptor === undefined || this.file === undefined) return;
    try {
      for (let line = this.held[0]; line !== undefined; line = this.held[0]) {
        this.bytes += writeSync(this.descriptor, `${line}\n`);
        this.held.shift();
      }
      if (this.bytes >= this.bytesMax) this.rotate(this.file);
    } catch {
      // A full disk must not end the program that logs it.
    }
  }

  /** Somebody may have moved or removed the file that is open. */
  private isThere(file: string): boolean {
    if (this.descriptor === undefined) return false;
    const found = statSync(file, { throwIfNoEntry: false });
    return found?.ino === fstatSync(this.descriptor).ino;
  }

  private begin(file: string): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const opened = openSync(file, 'a', 0o600);
    this.close();
    this.descriptor = opened;
    this.bytes = fstatSync(opened).size;
  }

  private rotate(file: string): void {
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
