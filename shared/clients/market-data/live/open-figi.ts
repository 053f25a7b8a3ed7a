/**
 * Tickers by ISIN and exchange, from OpenFIGI (mapping, version 3). Results are kept in a file, so
 * that each security is requested only once.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { shortHash } from '#shared/kernel/hash.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ListedSecurity } from '../market-data.ts';
import { bloombergCodeOf } from './exchange-codes.ts';
import type { ThrottledFetch } from './throttled-fetch.ts';

/** Jobs of one request without a key; with one it may be a hundred. */
const JOBS_WITHOUT_KEY = 5;
const JOBS_WITH_KEY = 100;

const replySchema = z.array(
  z.object({
    data: z
      .array(z.object({ ticker: z.string().nullish(), exchCode: z.string().nullish() }))
      .optional(),
    warning: z.string().optional(),
    error: z.string().optional(),
  }),
);
const keptSchema = z.record(z.string(), z.string());

export interface FigiParts {
  readonly fetch: ThrottledFetch;
  readonly url: string;
  /** Empty where there is none. */
  apiKey(): string;
  /** Where tickers are kept; undefined: only in memory. */
  readonly cacheFile?: string | undefined;
}

export class OpenFigi {
  private readonly parts: FigiParts;
  private kept: Map<string, string> | undefined;

  constructor(parts: FigiParts) {
    this.parts = parts;
  }

  /**
   * The ticker of a security at its exchange. Others of `all` that are not known yet are asked for in the
   * same request.
   * @throws Failure REFUSED symbol-unknown, UPSTREAM_BROKEN, UNAVAILABLE, TOO_BUSY
   */
  async ticker(
    security: ListedSecurity,
    all: readonly ListedSecurity[],
    signal: AbortSignal,
  ): Promise<string> {
    const kept = (this.kept ??= await this.load());
    const known = kept.get(keyOf(security));
    if (known !== undefined) return known;
    if (bloombergCodeOf(security.exchange) === undefined)
      throw unknown(security, `its exchange "${security.exchange}" has no code there`);
    await this.ask(
      [security, ...all.filter((one) => isOpen(one, kept) && one !== security)],
      kept,
      signal,
    );
    const found = kept.get(keyOf(security));
    if (found === undefined) throw unknown(security, 'it lists no such security there');
    return found;
  }

  private async ask(
    requested: readonly ListedSecurity[],
    kept: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { fetch, url } = this.parts;
    const key = this.parts.apiKey();
    const jobs = requested.slice(0, key === '' ? JOBS_WITHOUT_KEY : JOBS_WITH_KEY);
    const body = JSON.stringify(jobs.map(jobOf));
    const headers = {
      'Content-Type': 'application/json',
      ...(key !== '' && { 'X-OPENFIGI-APIKEY': key }),
    };
    const name = `openfigi/${shortHash(body)}`;
    const call = { name, url: `${url}/v3/mapping`, body, headers };
    const replies = await fetch.get(call, (a) => parsed(a.body.toString(), jobs.length), signal);
    jobs.forEach((security, i) => {
      const ticker = replies[i]?.data?.find((row) => row.ticker)?.ticker;
      if (ticker) kept.set(keyOf(security), ticker);
    });
    await this.save(kept);
  }

  private async load(): Promise<Map<string, string>> {
    const { cacheFile } = this.parts;
    if (cacheFile === undefined) return new Map();
    try {
      return new Map(
        Object.entries(keptSchema.parse(JSON.parse(await readFile(cacheFile, 'utf8')))),
      );
    } catch {
      // Missing or damaged, it is made anew.
      return new Map();
    }
  }

  /** A folder that cannot be written only means that it is asked again after a restart. */
  private async save(kept: ReadonlyMap<string, string>): Promise<void> {
    const { cacheFile } = this.parts;
    if (cacheFile === undefined) return;
    try {
      await mkdir(dirname(cacheFile), { recursive: true });
      const draft = `${cacheFile}.${process.pid}`;
      await writeFile(draft, JSON.stringify(Object.fromEntries(kept), null, 1));
      await rename(draft, cacheFile);
    } catch {
      return;
    }
  }
}

function jobOf({ isin, exchange }: ListedSecurity): object {
  return { idType: 'ID_ISIN', idValue: isin, exchCode: bloombergCodeOf(exchange) };
}

function isOpen(security: ListedSecurity, kept: ReadonlyMap<string, string>): boolean {
  return bloombergCodeOf(security.exchange) !== undefined && !kept.has(keyOf(security));
}

function keyOf({ isin, exchange }: { readonly isin: Isin; readonly exchange: string }): string {
  return `${isin} ${bloombergCodeOf(exchange) ?? exchange}`;
}

function parsed(text: string, count: number): z.output<typeof replySchema> {
  let replies: z.output<typeof replySchema>;
  try {
    replies = replySchema.parse(JSON.parse(text));
  } catch {
    throw broken('something else than a list of answers');
  }
  if (replies.length !== count) throw broken('fewer answers than were asked for');
  return replies;
}

function broken(detail: string): Failure {
  return new Failure('UPSTREAM_BROKEN', `OpenFIGI answered ${detail}.`, { what: 'OpenFIGI' });
}

function unknown({ isin, symbol }: ListedSecurity, why: string): Failure {
  return refused(
    'symbol-unknown',
    `OpenFIGI names no ticker of ${symbol} (${isin}): ${why}. Set it in symbols.csv.`,
    { isin },
  );
}
