/** Where a function runs: on the main thread, or on threads of its own. */
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Deployment } from './deployment.ts';

/** @internal exported for its tests */
export const ISOLATION_ANNOTATION = 'arduino-trader/isolation';

export const isolations = ['shared', 'thread'] as const;
export type Isolation = (typeof isolations)[number];

/**
 * What the annotation says; without it, our own operations share a thread and all others do not.
 * @throws Failure INVALID_REQUEST
 */
export function isolationOf({ annotations }: Deployment, isOurs: boolean): Isolation {
  const requested = annotations[ISOLATION_ANNOTATION];
  if (requested === undefined) return isOurs ? 'shared' : 'thread';
  const known = isolations.find((isolation) => isolation === requested);
  if (known) return known;
  const message = `one of ${isolations.join(', ')}`;
  throw invalidRequest({ field: `annotations.${ISOLATION_ANNOTATION}`, message });
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

const HEAP_MB_MIN = 16;

/**
 * The heap of a function's thread in MB, from its memory limit (`128Mi`).
 * @returns undefined without a limit
 * @throws Failure INVALID_REQUEST
 */
export function heapMbOf({ limits }: Deployment): number | undefined {
  const text = limits?.['memory'];
  if (text === undefined || text === '') return undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kMG]?|[KMG]i)$/.exec(text) ?? [];
  const bytes = Number(amount) * (UNIT_BYTES[unit] ?? Number.NaN);
  if (!(bytes > 0))
    throw invalidRequest({ field: 'limits.memory', message: `"${text}" is no size like 128Mi` });
  return Math.max(HEAP_MB_MIN, Math.round(bytes / 1024 ** 2));
}
