/**
 * Handlers written for OpenFaaS' own Node templates: `module.exports = async (event, context) =>
 * …`, in JavaScript, without a change. The signature is the same; where the official template hides
 * failures or loses data, this one does not (`docs/develop/template.md` lists the differences).
 */
import { parse as parseQuery, type ParsedUrlQuery } from 'node:querystring';
import { isChunks } from './function.ts';
import type { Environment, FunctionEvent, FunctionHandler, FunctionResult } from './function.ts';

export interface OfficialEvent {
  /** An object, a text or bytes, as the content type says; undefined where no body was sent. */
  readonly body: unknown;
  /** Lower-case names. */
  readonly headers: FunctionEvent['headers'];
  readonly method: string;
  readonly query: ParsedUrlQuery;
  readonly path: string;
}

export interface OfficialContext {
  /** Reads the status, or sets it. */
  status(): number;
  status(code: number): OfficialContext;
  /** Reads the headers, or sets them all. */
  headers(): Headers;
  headers(values: Headers): OfficialContext;
  succeed(value?: unknown): void;
  fail(error: unknown): void;
}

export type OfficialHandler = (
  event: OfficialEvent,
  context: OfficialContext,
  callback: (error: unknown, value?: unknown) => void,
) => unknown;

type Headers = Record<string, string>;
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Makes a function of a handler that was written for the official Node templates.
 * @throws TypeError where it is no function, so that what cannot answer does not start
 */
export function official(handler: OfficialHandler): FunctionHandler {
  if (typeof handler !== 'function') throw new TypeError('handler.js exports no function');
  return async (event, { env }) => {
    const read = bodyOf(event, env);
    if ('refused' in read) return { status: 400, body: { code: 400, message: read.refused } };
    const context = new Context();
    const outcome = await run(handler, { ...eventOf(event), body: read.body }, context);
    return 'error' in outcome ? failed(outcome.error, context) : answered(outcome.value, context);
  };
}

function eventOf({ headers, method, query, path }: FunctionEvent): Omit<OfficialEvent, 'body'> {
  return { headers, method, path, query: parseQuery(query.toString()) };
}

/** The first outcome counts: succeed, fail, the callback, what is returned or thrown. */
async function run(
  handler: OfficialHandler,
  event: OfficialEvent,
  context: Context,
): Promise<Outcome> {
  const callback = (error: unknown, value?: unknown): void =>
    context.settle(error ? { error } : { value });
  try {
    const returned = handler(event, context, callback);
    const value = await returned;
    // A handler that takes the callback and returns nothing will call it.
    const willCall = handler.length >= 3 && returned === undefined;
    if (!willCall) context.settle({ value });
  } catch (error) {
    context.settle({ error });
  }
  return context.outcome;
}

class Context implements OfficialContext {
  readonly outcome: Promise<Outcome>;
  settle: (outcome: Outcome) => void = () => undefined;
  private code = 200;
  private values: Headers = {};

  constructor() {
    this.outcome = new Promise((resolve) => void (this.settle = resolve));
  }

  status(): number;
  status(code: number): this;
  status(code?: number): number | this {
    if (!code) return this.code;
    this.code = code;
    return this;
  }

  headers(): Headers;
  headers(values: Headers): this;
  headers(values?: Headers): Headers | this {
    if (!values) return this.values;
    this.values = values;
    return this;
  }

  succeed(value?: unknown): void {
    this.settle({ value });
  }

  fail(error: unknown): void {
    this.settle({ error });
  }
}

function answered(value: unknown, context: Context): FunctionResult {
  const { body, type } = sendable(value);
  const headers = lowerCase(context.headers());
  return {
    status: context.status(),
    headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
    body,
  };
}

function failed(error: unknown, context: Context): FunctionResult {
  console.error(error);
  const status = context.status() === 200 ? 500 : context.status();
  // An object as JSON; an error as its message, without its stack.
  const isText = error instanceof Error || typeof error !== 'object' || error === null;
  const body = isText ? String(error) : JSON.stringify(error);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  return { status, headers: { 'content-type': type, ...lowerCase(context.headers()) }, body };
}

/** As Express sends values, except that objects have the content type of JSON. */
function sendable(value: unknown): { body: unknown; type?: string } {
  if (value === undefined || value === null) return { body: undefined };
  if (typeof value === 'string') return { body: value, type: 'text/html; charset=utf-8' };
  if (value instanceof Uint8Array || isChunks(value))
    return { body: value, type: 'application/octet-stream' };
  return { body: JSON.stringify(value), type: 'application/json' };
}

function lowerCase(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function bodyOf(event: FunctionEvent, env: Environment): { body: unknown } | { refused: string } {
  const { headers, body } = event;
  const wasSent = headers['content-length'] ?? headers['transfer-encoding'];
  if (wasSent === undefined && body.length === 0) return { body: undefined };
  if (env['RAW_BODY'] === 'true') return { body };
  const type = (headers['content-type'] ?? 'text/plain').toLowerCase();
  if (/^application\/([\w.-]+\+)?json\b/.test(type)) return parsed(body);
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { body: { ...parseQuery(body.toString('utf8')) } };
  return { body: type.startsWith('text/') ? decoded(body, type) : body };
}

function parsed(body: Buffer): { body: unknown } | { refused: string } {
  const text = body.toString('utf8');
  if (text.trim() === '') return { body: {} };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { refused: `The body is no JSON: ${(thrown as Error).message}` };
  }
}

function decoded(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /charset="?([\w-]+)/.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString('utf8');
  }
}
