/**
 * Opens the world an operation runs in from the environment: Redis, market data, broker, the other
 * functions. A process opens one; a function's container opens it at the first call.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBroker } from '#shared/clients/broker/open.ts';
import { FunctionsClient, type Transport } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openMarketData } from '#shared/clients/market-data/open.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { connectQueueRedis, connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { BUILD } from './build.ts';
import type { Tokens, World } from './context.ts';
import { openLog, type Log } from './log.ts';
import { Runs } from './runs.ts';
import { parseSettings, type Environment, type Settings } from './settings.ts';

/** What a host or a test provides instead of what the environment says. */
export interface WorldParts {
  readonly transport?: Transport;
  readonly tokens?: Tokens | null;
  readonly log?: Log;
  readonly now?: () => Instant;
}

export async function openWorld(settings: Settings, parts: WorldParts = {}): Promise<World> {
  if (settings.redisUrl === undefined)
    throw new Failure('REFUSED', 'REDIS_URL is not set.', { rule: 'redis-not-configured' });
  const { redisUrl, redisKeyPrefix } = settings;
  const redis = connectRedis(redisUrl, redisKeyPrefix);
  await requireSafeRedis(redis);
  const database = new Database(redis);
  const now = parts.now ?? (() => instantOf(Date.now()));
  const { marketData, baseCurrency } = await openMarketData(settings, now);
  const runs = new Runs(database, () => connectQueueRedis(redisUrl), `${redisKeyPrefix}:queue`);
  return {
    settings,
    baseCurrency,
    build: BUILD,
    log: parts.log ?? openLog(settings.logLevel),
    database,
    marketData,
    broker: openBroker(settings, { database, marketData, baseCurrency, now }),
    functions: new FunctionsClient(parts.transport ?? defaultTransport()),
    runs,
    tokens: parts.tokens === undefined ? await readTokens(SECRETS_DIR) : parts.tokens,
    now,
    newId: () => randomBytes(16).toString('hex'),
    close: async () => {
      await runs.close();
      redis.disconnect();
    },
  };
}

const SECRETS_DIR = process.env['SECRETS_DIR'] ?? '/var/openfaas/secrets';
const GATEWAY_URL = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080';

let ambient: Promise<World> | undefined;

/** The world of this process, opened at the first call. A failed opening is tried again. */
export function ambientWorld(env: Environment = process.env): Promise<World> {
  ambient ??= openAmbient(env).catch((thrown: unknown) => {
    ambient = undefined;
    throw thrown;
  });
  return ambient;
}

async function openAmbient(env: Environment): Promise<World> {
  const tokens = await readTokens(SECRETS_DIR);
  return openWorld(parseSettings(env), {
    tokens,
    transport: httpTransport(GATEWAY_URL, tokens.trade),
  });
}

function defaultTransport(): Transport {
  return httpTransport(GATEWAY_URL, '');
}

/** @throws Failure UNAVAILABLE when a secret is missing: a guarded function never runs unguarded */
export async function readTokens(dir: string): Promise<Tokens> {
  const read = async (name: string): Promise<string> => {
    const token = await readFile(join(dir, name), 'utf8').catch((cause: unknown) => {
      throw new Failure('UNAVAILABLE', `The secret ${name} is missing.`, {}, cause);
    });
    if (token.trim().length < 16)
      throw new Failure('UNAVAILABLE', `The secret ${name} is too short.`);
    return token.trim();
  };
  return { write: await read('write-token'), trade: await read('trade-token') };
}
