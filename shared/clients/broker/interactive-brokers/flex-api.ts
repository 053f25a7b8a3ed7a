/**
 * The Flex Web Service, version 3: a statement is ordered by token and query, and fetched when it
 * is ready. The token is part of each URL, so URLs are never logged or put into errors.
 */
import { redacted } from '#shared/clients/redacted.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, refused, unavailable } from '#shared/kernel/failure.ts';
import { IBKR_NAME, flexBroken, readFlex, type FlexDocument } from './flex-xml.ts';

const PATH = '/AccountManagement/FlexWebService/SendRequest';
const TIMEOUT_MS = 30_000;
const TRIES = 8;
const WAIT_MS = 2_000;
/** It answers requests without one with 403. */
const USER_AGENT = 'arduino-trader/1';

/** Not ready yet, or busy: the same call may be sent again. */
const AGAIN: ReadonlySet<string> = new Set([
  ...['1001', '1004', '1005', '1006', '1007', '1008', '1009', '1017', '1018', '1019', '1021'],
]);
const TOKEN_WRONG: ReadonlySet<string> = new Set(['1010', '1011', '1012', '1013', '1015']);

export interface FlexAccess {
  /** `https://ndcdyn.interactivebrokers.com`, or a mock's address. */
  readonly baseUrl: string;
  readonly queryId: string;
  token(): string;
  /** Pauses between attempts; unset: 2 s, then longer. */
  readonly waitMs?: number | undefined;
}

export class FlexApi {
  private readonly access: FlexAccess;

  constructor(access: FlexAccess) {
    this.access = access;
  }

  /** @throws Failure UNAVAILABLE, REFUSED flex-token or flex-query, UPSTREAM_BROKEN */
  async statement(signal: AbortSignal): Promise<FlexDocument> {
    const { baseUrl, queryId } = this.access;
    const ordered = await this.ask(`${baseUrl}${PATH}`, queryId, signal);
    const [reference, url] = [ordered.texts.get('ReferenceCode'), ordered.texts.get('Url')];
    if (!reference || !url) throw flexBroken('an order without a reference');
    const document = await this.ask(this.trusted(url), reference, signal);
    if (document.root !== 'FlexQueryResponse') throw flexBroken(`a document ${document.root}`);
    return document;
  }

  private async ask(url: string, reference: string, signal: AbortSignal): Promise<FlexDocument> {
    for (let attempt = 1; ; attempt += 1) {
      const document = await this.get(url, reference, signal);
      const code = document.texts.get('ErrorCode');
      const status = document.texts.get('Status');
      if (document.root === 'FlexQueryResponse' || status === 'Success') return document;
      if (code === undefined) throw flexBroken(`the status ${status ?? 'none'}`);
      if (!AGAIN.has(code)) throw failureOf(code);
      if (attempt >= TRIES) throw notReady(code);
      await sleep((this.access.waitMs ?? WAIT_MS) * attempt, undefined, { signal });
    }
  }

  private async get(url: string, reference: string, signal: AbortSignal): Promise<FlexDocument> {
    const query = new URLSearchParams({ t: this.access.token(), q: reference, v: '3' });
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let text: string;
    let status: number;
    try {
      const response = await fetch(`${url}?${query.toString()}`, {
        headers: { 'User-Agent': USER_AGENT },
        redirect: 'error',
        signal: limited,
      });
      [text, status] = [redacted(await response.text(), [this.access.token()]), response.status];
    } catch (thrown) {
      signal.throwIfAborted();
      throw unavailable(IBKR_NAME, new Error(thrown instanceof Error ? thrown.name : 'unknown'));
    }
    if (status !== 200)
      throw new Failure('UNAVAILABLE', `${IBKR_NAME} answered ${status}.`, { what: IBKR_NAME });
    return readFlex(text);
  }

  /** The token is sent only to the host that issued it, whatever URL a response names. */
  private trusted(url: string): string {
    const own = new URL(this.access.baseUrl);
    const other = URL.canParse(url) ? new URL(url) : undefined;
    const isOwn = other?.origin === own.origin;
    const isBrokers =
      other?.protocol === 'https:' && other.hostname.endsWith('.interactivebrokers.com');
    if (!other || !(isOwn || isBrokers)) throw flexBroken('an address outside of its own');
    return `${other.origin}${other.pathname}`;
  }
}

function failureOf(code: string): Failure {
  if (TOKEN_WRONG.has(code))
    return refused('flex-token', `${IBKR_NAME} does not accept the Flex token (${code}).`, {
      code,
    });
  if (code === '1014' || code === '1016')
    return refused('flex-query', `${IBKR_NAME} does not know the Flex query (${code}).`, { code });
  if (code === '1003')
    return refused('flex-statement', `${IBKR_NAME} has no statement for the query (${code}).`, {
      code,
    });
  return new Failure('UNAVAILABLE', `${IBKR_NAME} answered error ${code}.`, {
    what: IBKR_NAME,
    code,
  });
}

function notReady(code: string): Failure {
  const detail = `${IBKR_NAME} has not finished the statement (${code}).`;
  return new Failure('UNAVAILABLE', detail, { what: IBKR_NAME, code });
}
