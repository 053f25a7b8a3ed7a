/** Answers of the page: documents, files, redirects; all with the headers that keep a browser safe. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FunctionResult } from '#template/function.ts';
import icon from './assets/icon.html';
import script from './assets/owner-page.client.js';
import style from './assets/page.css';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SAFE = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  // Of no-referrer a browser would make the origin of our own forms "null".
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
} as const;

const FOR_EVER = 'public, max-age=31536000, immutable';
/** What is smaller gains nothing. */
const GZIP_BYTES_MIN = 1_000;

interface File {
  readonly name: string;
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly version: string;
}

const files = [
  fileOf('app.css', 'text/css; charset=utf-8', style),
  fileOf('app.js', 'text/javascript; charset=utf-8', script),
  fileOf('icon.svg', 'image/svg+xml', icon),
];

export const assets = {
  style: addressOf('app.css'),
  script: addressOf('app.js'),
  icon: addressOf('icon.svg'),
};

function fileOf(name: string, type: string, text: string): File {
  const plain = Buffer.from(text);
  const version = createHash('sha256').update(plain).digest('hex').slice(0, 12);
  return { name, type, plain, zipped: gzipSync(plain, { level: 9 }), version };
}

/** With its version, so that a browser keeps it until it changes. */
function addressOf(name: string): string {
  return `${name}?v=${files.find((file) => file.name === name)?.version ?? ''}`;
}

/** @returns undefined where the path names no file */
export function fileAt(path: string, takesGzip: boolean): FunctionResult | undefined {
  const file = files.find(({ name }) => path === `/${name}`);
  if (!file) return undefined;
  return {
    headers: {
      ...SAFE,
      'content-type': file.type,
      'cache-control': FOR_EVER,
      vary: 'accept-encoding',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
    },
    body: takesGzip ? file.zipped : file.plain,
  };
}

export interface Answer {
  readonly status?: number;
  /** To be set; empty ends it. */
  readonly cookie?: string | undefined;
  readonly takesGzip: boolean;
}

export function documentAnswer(
  text: string,
  { status, cookie, takesGzip }: Answer,
): FunctionResult {
  const isZipped = takesGzip && text.length >= GZIP_BYTES_MIN;
  return {
    status: status ?? 200,
    headers: {
      ...SAFE,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'accept-encoding, accept-language, cookie',
      ...(isZipped && { 'content-encoding': 'gzip' }),
      ...(cookie !== undefined && { 'set-cookie': cookie }),
    },
    body: isZipped ? gzipSync(text, { level: 1 }) : text,
  };
}

/** A page that carries its style in itself and has no script. */
export function reportAnswer(text: string, takesGzip: boolean): FunctionResult {
  const answer = documentAnswer(text, { takesGzip });
  const styles = [...text.matchAll(/<style>([^]*?)<\/style>/g)].map(([, own = '']) =>
    styleHash(own),
  );
  const policy = POLICY.replace("style-src 'self'", `style-src ${styles.join(' ') || "'none'"}`);
  return { ...answer, headers: { ...answer.headers, 'content-security-policy': policy } };
}

function styleHash(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** @param location relative to the page */
export function redirect(location: string, cookie?: string): FunctionResult {
  return {
    status: 303,
    headers: {
      ...SAFE,
      location,
      'cache-control': 'no-store',
      ...(cookie !== undefined && { 'set-cookie': cookie }),
    },
    body: '',
  };
}

/** What browsers kept of the page goes with the session. */
export function signedOut(cookie: string): FunctionResult {
  const answer = redirect('./', cookie);
  return { ...answer, headers: { ...answer.headers, 'clear-site-data': '"cache"' } };
}

export function eventStream(events: AsyncIterable<string>): FunctionResult {
  return {
    headers: {
      ...SAFE,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that gather answers would keep events back.
      'x-accel-buffering': 'no',
    },
    body: events,
  };
}

/** For the script of the page. */
export function jsonAnswer(status: number, value: object): FunctionResult {
  const headers = { ...SAFE, 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify(value) };
}

export function plainAnswer(status: number, text: string): FunctionResult {
  const headers = {
    ...SAFE,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  };
  return { status, headers, body: `${text}\n` };
}
