/**
 * Disk, certificate and clock of each board, in the Redis that the boards share: the board with the gateway service shows
 * those of all, so that every board raises alerts and notices.
 */
import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import * as z from 'zod';
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
  /** Seconds since 1970. */
  certificateExpires: z.number().optional(),
  clockSkewSeconds: z.number().optional(),
});
export type BoardFigures = z.infer<typeof figuresSchema>;

type Stored = Pick<Database, 'redis'>;

/** Where a process finds the figures of its board; what it does not know, another process may. */
export interface BoardFiles {
  readonly dataDir: string | undefined;
  readonly certificate: string | undefined;
}

/** Reports now and then every ten seconds. @returns its end */
export async function reportBoard(
  database: Stored,
  board: string,
  files: BoardFiles,
): Promise<() => void> {
  const report = async (): Promise<void> => {
    const [at, diskFreeRatio, certificateExpires, clockSkewSeconds] = await Promise.all([
      redisNow(database),
      files.dataDir === undefined ? undefined : diskFreeRatioOf(files.dataDir),
      files.certificate === undefined ? undefined : certificateEnd(files.certificate),
      clockSkewOf(database),
    ]);
    const figures: BoardFigures = { at, diskFreeRatio, certificateExpires, clockSkewSeconds };
    await database.redis.hset(keys.runtime.boardFigures(), board, encode(figures));
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
  const read = all.map(([board, text]): [string, BoardFigures] => [
    board,
    decode(figuresSchema, text, `the figures of the board ${board}`),
  ]);
  return new Map(read.filter(([, { at }]) => now - at <= AGE_MS_MAX));
}

/** Free part of the file system that a folder is on; undefined where there is no such folder. */
export async function diskFreeRatioOf(dataDir: string): Promise<number | undefined> {
  const found = await statfs(dataDir).catch(absent);
  return found && found.bavail / found.blocks;
}

/** @returns seconds since 1970 @throws where it cannot be read */
export async function certificateEnd(file: string): Promise<number> {
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

function absent(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}
