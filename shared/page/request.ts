/** Parses the parts of a request that the page needs: cookie, form, address, language. */
import { readTraceparent } from '#shared/runtime/traceparent.ts';
import type { FunctionEvent } from '#template/function.ts';

export interface PageRequest {
  readonly method: string;
  /** Below the page: `/`, `/events`, `/do/halt`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /**
   * Values of the session's cookie. Cookies ignore ports: another service at the same host may have set one of the
   * same name, and may not keep the owner out by it.
   */
  readonly cookies: readonly string[];
  /** Of the event that a page heard last before its stream ended; empty without one. */
  readonly lastEventId: string;
  /** Of the caller, as the last proxy saw it. */
  readonly address: string;
  readonly device: string;
  /** A BCP 47 tag that `Intl` knows. */
  readonly locale: string;
  /** Where browsers see the page, with a slash at its end; cookies are for below it. */
  readonly base: string;
  /** W3C traceparent of the span that it is answered in. */
  readonly traceparent: string | undefined;
  readonly isSecure: boolean;
  /** Origin of the page as the browser that sent a form sees it; undefined where it does not say. */
  readonly site: URL | undefined;
  /** Whether a page of ours sent it, as far as a browser says. */
  readonly isOwnOrigin: boolean;
}

/**
 * The path of the function `page` on OpenFaaS; a gateway that exposes it elsewhere sends the path
 * in a header.
 */
const FUNCTION_BASE = '/function/page/';
/** An import of a million characters, percent-encoded where it is no ASCII. */
const FORM_BYTES_MAX = 3_000_000;
const LOCALE_DEFAULT = 'en-GB';
const DEVICE_LENGTH_MAX = 120;
const COOKIES_MAX = 4;

export function readRequest(event: FunctionEvent): PageRequest {
  const { headers, method, query } = event;
  const isSecure = headers['x-forwarded-proto'] === 'https';
  return {
    method,
    path: event.path === '' ? '/' : event.path,
    query,
    form: formOf(event),
    cookies: cookiesOf(headers['cookie'], cookieName(isSecure)),
    // A browser that connects again says what it heard; before that its page says what it was made from.
    lastEventId: headers['last-event-id'] ?? query.get('since') ?? '',
    address: addressOf(headers['x-forwarded-for']),
    device: deviceOf(headers['user-agent']),
    locale: localeOf(headers['accept-language']),
    base: baseOf(headers['x-page-base']),
    isSecure,
    traceparent: readTraceparent(headers['traceparent']),
    site: siteOf(headers, isSecure),
    isOwnOrigin: isOwnOrigin(headers),
  };
}

function cookieName(isSecure: boolean): string {
  return isSecure ? '__Secure-trader' : 'trader';
}

/** @param value empty ends it */
export function cookieText({ base, isSecure }: PageRequest, value: string): string {
  const kept = value === '' ? 'Max-Age=0' : 'Max-Age=86400';
  const secure = isSecure ? '; Secure' : '';
  return `${cookieName(isSecure)}=${value}; Path=${base}; ${kept}; HttpOnly; SameSite=Strict${secure}`;
}

function formOf({ headers, body }: FunctionEvent): URLSearchParams {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const isSmall = body.length <= FORM_BYTES_MAX;
  return new URLSearchParams(isForm && isSmall ? body.toString('utf8') : '');
}

function cookiesOf(header: string | undefined, name: string): readonly string[] {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  const own = pairs.filter((pair) => pair.startsWith(`${name}=`));
  return own.slice(0, COOKIES_MAX).map((pair) => pair.slice(name.length + 1));
}

/** The last hop is what our own gateway saw; those before it are what callers claim. */
function addressOf(forwarded: string | undefined): string {
  return forwarded?.split(',').at(-1)?.trim() || 'unknown';
}

/** `Mozilla/5.0 (X11; Linux x86_64) … Firefox/140.0` → `Firefox, Linux` */
function deviceOf(agent: string | undefined): string {
  const text = (agent ?? '').slice(0, 500);
  const browser = ['Edg', 'Firefox', 'Chrome', 'Safari', 'curl'].find((name) =>
    text.includes(name),
  );
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'].find((name) =>
    text.includes(name),
  );
  const named = [browser === 'Edg' ? 'Edge' : browser, system].filter((name) => name !== undefined);
  return named.join(', ').slice(0, DEVICE_LENGTH_MAX) || 'unknown device';
}

function localeOf(accepted: string | undefined): string {
  const first = accepted?.split(',')[0]?.split(';')[0]?.trim() ?? '';
  try {
    const [known] = Intl.NumberFormat.supportedLocalesOf(first || LOCALE_DEFAULT);
    return known ?? LOCALE_DEFAULT;
  } catch {
    return LOCALE_DEFAULT;
  }
}

function baseOf(header: string | undefined): string {
  return header !== undefined && /^\/([\w-]+\/)*$/.test(header) ? header : FUNCTION_BASE;
}

/** Of a form by its origin; of a document by the host that was asked. */
function siteOf({ origin, host }: FunctionEvent['headers'], isSecure: boolean): URL | undefined {
  const text = origin ?? `${isSecure ? 'https' : 'http'}://${host ?? ''}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A browser names the page that sent a form; what names another host is refused. */
function isOwnOrigin(headers: FunctionEvent['headers']): boolean {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  if (site !== 'none' && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  const own = [host, headers['x-forwarded-host']];
  return URL.canParse(origin) && own.includes(new URL(origin).host);
}
