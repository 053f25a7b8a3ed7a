/**
 * Disk, log file, certificate and clock of each board, in the Redis that the boards share: the board with the gateway service shows
 * those of all, so that every board raises alerts and notices.
 */
import { X509Certificate } from 'node:crypto';
import { access, constants, readFile, statfs } from 'node:fs/promises';
import * as z from 'zod';
import { instantOf } from '#shared/kernel/instant.ts';
import { readTls, validateTls } from '#shared/process/tls-material.ts';
import type { TlsFiles } from '#shared/process/tls-settings.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { redisNow } from '#shared/redis/pulses.ts';

const INTERVAL_MS = 10_000;
/** A board that has not reported for longer is away, which is reported otherwise. */
const AGE_MS_MAX = 60_000;

const figuresSchema = z.object({
  /** By the clock of Redis. */
  at: z.number(),
  diskFreeRatio: z.number().optional(),
  diskWritable: z.boolean().optional(),
  logWritable: z.boolean().optional(),
  certificateRefused: z.boolean().optional(),
  /** Seconds since 1970. */
  certificateExpires: z.number().optional(),
  clockSkewSeconds: z.number().optional(),
});
export type BoardFigures = z.infer<typeof figuresSchema>;

type Stored = Pick<Database, 'redis'>;

/** Where a process finds the figures of its board; what it does not know, another process may. */
export interface BoardFiles {
  readonly dataDir: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** Whether lines reach the log file of the process; absent where it has none. */
  readonly isLogWritable?: (() => boolean) | undefined;
}

/**
 * Reports now and then every ten seconds, each process of a board what it knows, under its own name.
 * @returns its end
 */
export async function reportBoard(
  database: Stored,
  board: string,
  part: 'gateway' | 'connector',
  files: BoardFiles,
): Promise<() => void> {
  const report = async (): Promise<void> => {
    const [at, clockSkewSeconds, ofDisk, ofCertificate] = await Promise.all([
      redisNow(database),
      clockSkewOf(database),
      diskFigures(files.dataDir),
      certificateFigures(files.tls),
    ]);
    const logWritable = files.isLogWritable?.();
    const figures: BoardFigures = {
      ...{ at, clockSkewSeconds, ...ofDisk, ...ofCertificate },
      ...(logWritable !== undefined && { logWritable }),
    };
    await database.redis.hset(keys.runtime.boardFigures(), `${board} ${part}`, encode(figures));
  };
  await report().catch(() => undefined);
  const timer = setInterval(() => void report().catch(() => undefined), INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

/** What the boards reported within a minute. */
export async function reportedBoards(database: Stored): Promise<ReadonlyMap<string, BoardFigures>> {
  const all = Object.entries(await database.redis.hgetall(keys.runtime.boardFigures()));
  if (all.length === 0) return new Map();
  const now = await redisNow(database);
  const read = all.map(([field, text]) => {
    const [board = ''] = field.split(' ');
    return { board, ...decode(figuresSchema, text, `the figures of the board ${board}`) };
  });
  const boards = new Map<string, BoardFigures>();
  for (const { board, ...figures } of read.sort((one, other) => one.at - other.at))
    if (now - figures.at <= AGE_MS_MAX) boards.set(board, { ...boards.get(board), ...figures });
  return boards;
}

/** Of the file system that a folder is on; nothing where there is no such folder, and what cannot be read is absent. */
export async function diskFigures(
  dataDir: string | undefined,
): Promise<Pick<BoardFigures, 'diskFreeRatio' | 'diskWritable'>> {
  if (dataDir === undefined) return {};
  const found = await statfs(dataDir).catch(() => undefined);
  if (!found) return {};
  const diskWritable = await access(dataDir, constants.W_OK).then(
    () => true,
    () => false,
  );
  // A file system that has no room for another file is full, whatever is free; some have no such limit.
  const ofFiles = found.files > 0 ? found.ffree / found.files : 1;
  return { diskFreeRatio: Math.min(found.bavail / found.blocks, ofFiles), diskWritable };
}

/** A file that cannot be used hides no other figure. */
export async function certificateFigures(
  tls: TlsFiles | undefined,
): Promise<Pick<BoardFigures, 'certificateExpires' | 'certificateRefused'>> {
  if (!tls) return {};
  const certificateExpires = await certificateEnd(tls.cert).catch(() => undefined);
  try {
    validateTls(tls, await readTls(tls), instantOf(Date.now()));
    return { certificateExpires, certificateRefused: false };
  } catch {
    return { certificateExpires, certificateRefused: true };
  }
}

/** @returns seconds since 1970 @throws where it cannot be read */
async function certificateEnd(file: string): Promise<number> {
  const { validTo } = new X509Certificate(await readFile(file));
  return Date.parse(validTo) / 1_000;
}

/** The clock of this process less that of Redis. */
export async function clockSkewOf({ redis }: Stored): Promise<number> {
  const before = Date.now();
  const [secondsText = 0, microseconds = 0] = (await redis.time()) as unknown as string[];
  const localSeconds = (before + Date.now()) / 2_000;
  return localSeconds - (Number(secondsText) + Number(microseconds) / 1e6);
}
