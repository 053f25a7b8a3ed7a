/**
 * Limits from the environment, under the names of of-watchdog and of the official Node template.
 * Other names of theirs (`mode`, `fprocess`, `upstream_url`, …) are ignored.
 */
import { timerMs } from './durations.ts';
import type { Environment } from '../function.ts';
import { hostNames, type HostNames } from '../host-check.ts';
import { BODY_BYTES_MAX } from '../server.ts';

export interface FunctionLimits {
  readonly port: number;
  /** 0: any free one. */
  readonly metricsPort: number;
  /** How long a request may take to arrive. */
  readonly readTimeoutMs: number;
  /** How long a call may take from the head of its request to the end of its answer; 0: for ever. */
  readonly writeTimeoutMs: number;
  /** How long the handler may take; 0: for ever. */
  readonly execTimeoutMs: number;
  /** How long to keep serving after SIGTERM, until load balancers have noticed. */
  readonly healthcheckIntervalMs: number;
  /** When the platform kills a container after asking it to stop. */
  readonly gracePeriodMs: number;
  /** Calls at a time; 0: any number. */
  readonly inflightMax: number;
  readonly jsonBytesMax: number;
  readonly rawBytesMax: number;
  /** A path of the function that says whether it is ready. */
  readonly readyPath: string | undefined;
  readonly suppressLock: boolean;
  /** Names by which it may be called beside loopback; undefined where it is not asked. */
  readonly allowedHosts: HostNames | undefined;
}

/** @throws Error naming the variable that cannot be parsed: an invalid limit is not ignored */
export function readLimits(env: Environment): FunctionLimits {
  const rawBytesMax = size(env, 'MAX_RAW_SIZE', BODY_BYTES_MAX);
  return {
    port: count(env, 'port', 8080),
    metricsPort: count(env, 'metrics_port', 8081),
    readTimeoutMs: duration(env, 'read_timeout', '30s'),
    writeTimeoutMs: duration(env, 'write_timeout', '30s'),
    execTimeoutMs: duration(env, 'exec_timeout', '30s'),
    healthcheckIntervalMs: duration(env, 'healthcheck_interval', '1s'),
    gracePeriodMs: duration(env, 'grace_period', '30s'),
    inflightMax: count(env, 'max_inflight', 0),
    jsonBytesMax: size(env, 'MAX_JSON_SIZE', rawBytesMax),
    rawBytesMax,
    readyPath: env['ready_path'] || undefined,
    suppressLock: env['suppress_lock'] === 'true',
    allowedHosts: allowedHosts(env),
  };
}

function allowedHosts(env: Environment): HostNames | undefined {
  const text = env['allowed_hosts']?.trim();
  if (!text) return undefined;
  const names = hostNames(text);
  if (!names) throw unreadable('allowed_hosts', text, 'names or addresses separated by comma');
  return names;
}

function duration(env: Environment, name: string, otherwise: string): number {
  const text = env[name] || otherwise;
  const ms = timerMs(text);
  if (ms === undefined) throw unreadable(name, text, 'a duration such as 10, 10s or 1m30s');
  return ms;
}

function count(env: Environment, name: string, otherwise: number): number {
  const text = env[name] || String(otherwise);
  if (!/^\d{1,9}$/.test(text)) throw unreadable(name, text, 'a whole number');
  return Number(text);
}

function size(env: Environment, name: string, otherwise: number): number {
  const text = env[name];
  if (!text) return otherwise;
  const bytes = sizeBytes(text);
  if (bytes === undefined) throw unreadable(name, text, 'a size such as 100kb or 1mb');
  return bytes;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
};

/**
 * Sizes as Express writes them: bytes (`1024`), or with a unit (`100kb`, `1.5mb`).
 * @internal exported for its tests
 */
export function sizeBytes(text: string): number | undefined {
  const [, amount, unit = 'b'] = /^(\d+(?:\.\d+)?) *(b|kb|mb|gb)?$/i.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  return Math.floor(Number(amount) * (UNIT_BYTES[unit.toLowerCase()] ?? 1));
}

function unreadable(name: string, text: string, requested: string): Error {
  return new Error(`${name} is "${text}"; it must be ${requested}`);
}

/** The answer to a call beyond the limit. */
export function tooMany(inflightMax: number): string {
  return `Concurrent request limit exceeded. Max concurrent requests: ${inflightMax}\n`;
}
