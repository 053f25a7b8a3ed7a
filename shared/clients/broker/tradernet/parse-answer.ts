/**
 * Parses and classifies responses of Tradernet. It reports errors with HTTP 200, sends numbers as
 * numbers or as text, and uses ids beyond the precision of a float: the text is parsed without
 * floats, and a response is a result only if it states no error and has the requested field. Pure.
 */
import { parse } from 'lossless-json';
import type { z } from 'zod';
import { Failure } from '#shared/kernel/failure.ts';

export const TRADERNET_NAME = 'Tradernet';

/** A rejection by the method itself, or before any method ran: nothing was done. */
export interface TradernetRefusal {
  readonly refused: string;
}

export function isTradernetRefusal(answer: object): answer is TradernetRefusal {
  return 'refused' in answer && typeof answer.refused === 'string';
}

const NO_ERROR: ReadonlySet<unknown> = new Set([
  undefined,
  null,
  false,
  '',
  '0',
  'false',
  '{}',
  '[]',
]);
/** The codes by which a method refuses its input (0), or an unknown or unauthorised user (7, 12). */
const REFUSED: ReadonlySet<unknown> = new Set(['0', '7', '12']);
/** The call was rejected before any method ran: bad JSON, a bad signature, an unknown method. */
const NOT_UNDERSTOOD = '2';

/**
 * Reads a body of HTTP status 200.
 * @throws Failure TOO_BUSY, UNAVAILABLE or UPSTREAM_BROKEN where it does not say what was done
 */
export function parseAnswer(text: string): Record<string, unknown> | TradernetRefusal {
  const body = fieldsOf(json(text));
  const { errMsg, error, code } = body;
  if (isNone(errMsg) && isNone(error)) return body;
  if (code === '429') throw tooBusy(undefined);
  if (code === NOT_UNDERSTOOD || (isNone(errMsg) && REFUSED.has(code)))
    return { refused: sentence(isNone(errMsg) ? error : errMsg) };
  throw notAvailable(`${TRADERNET_NAME}: ${sentence(isNone(errMsg) ? error : errMsg)}`);
}

/** @throws Failure UPSTREAM_BROKEN */
export function shaped<T extends z.ZodType>(shape: T, body: unknown, command: string): z.output<T> {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw tradernetBroken(
    `${command}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'another shape'}`,
  );
}

export function tradernetBroken(detail: string): Failure {
  return new Failure('UPSTREAM_BROKEN', `${TRADERNET_NAME} answered ${detail}.`, {
    what: TRADERNET_NAME,
  });
}

export function notAvailable(detail: string): Failure {
  return new Failure('UNAVAILABLE', detail, { what: TRADERNET_NAME });
}

export function tooBusy(retryAfter: string | null | undefined): Failure {
  const seconds = Number(retryAfter ?? Number.NaN);
  return new Failure('TOO_BUSY', `${TRADERNET_NAME} asks for fewer calls.`, {
    retryAfterMs: seconds > 0 ? seconds * 1_000 : 60_000,
  });
}

/** Every number as its text: no figure passes through a float. */
function json(text: string): unknown {
  try {
    return parse(text, undefined, { parseNumber: (digits) => digits });
  } catch {
    throw notAvailable(`${TRADERNET_NAME} answered something that is not JSON.`);
  }
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw tradernetBroken('something that is not an object');
}

/** An empty object or list is none either. */
function isNone(error: unknown): boolean {
  return NO_ERROR.has(typeof error === 'object' && error ? JSON.stringify(error) : error);
}

function sentence(error: unknown): string {
  return (typeof error === 'string' ? error : JSON.stringify(error)).slice(0, 200);
}
