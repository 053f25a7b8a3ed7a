/**
 * Packed bars of many files. As many of them as have room stay in memory; those of other files are read again when they are
 * asked for, as most processes of a board never ask.
 */
import { createHash } from 'node:crypto';
import { refused } from '#shared/kernel/failure.ts';

/** Of some 1,300 securities with five years. */
const ROOM_BYTES = 16 * 2 ** 20;
/** Files whose bars were read again lately: who asks for a security asks more than once. */
const LATELY_MAX = 64;

export interface PackedBars {
  get(): Uint8Array;
}

export interface FileOfBars {
  readonly name: string;
  /** Packs what the file says now up to the last day that it had; undefined where it can no longer be read as before. */
  again(): Uint8Array | undefined;
}

export function keptBars(bytes: Uint8Array): PackedBars {
  return { get: () => bytes };
}

export class BarsRoom {
  private left: number;
  private readonly lately = new Map<FileOfBars, Uint8Array>();

  constructor(bytes = ROOM_BYTES) {
    this.left = bytes;
  }

  /** @param file absent: it cannot be read again */
  keep(bytes: Uint8Array, file?: FileOfBars): PackedBars {
    this.left -= bytes.length;
    if (!file || this.left >= 0) return keptBars(bytes);
    this.left += bytes.length;
    const digest = digestOf(bytes);
    return { get: () => this.readAgain(file, digest) };
  }

  /** @throws Failure REFUSED where the file now says something else of the same days */
  private readAgain(file: FileOfBars, digest: string): Uint8Array {
    const bytes = this.lately.get(file) ?? file.again();
    if (!bytes || (!this.lately.has(file) && digestOf(bytes) !== digest))
      throw refused(
        'prices-changed',
        `${file.name} was read at the start and now says something else of the same days. Start again, or restore the file.`,
        { file: file.name },
      );
    this.lately.delete(file);
    this.lately.set(file, bytes);
    const [oldest] = this.lately.keys();
    if (oldest && this.lately.size > LATELY_MAX) this.lately.delete(oldest);
    return bytes;
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
