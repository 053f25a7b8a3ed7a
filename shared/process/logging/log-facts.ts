/**
 * Facts of an event as they may be written: plain JSON, without secrets, and without amounts of money
 * unless they are asked for (LOG_MONEY).
 */
import { isCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { withoutKnownSecrets } from './known-secrets.ts';

const DEPTH_MAX = 8;
const ENTRIES_MAX = 200;
const SECRET = '[secret]';
const AMOUNT = '[amount]';

/** Names of facts, without case and separators, whose text is never written. */
const SECRET_NAME =
  /authorization|cookie|credential|passphrase|passw(?:or)?d|pwd$|secret|token$|tokens$|apikey|privatekey|signature|sessionid/;

/** Names of facts that hold money, or from which money can be computed. */
const MONEY_NAME =
  /(?:amount|balance|budget|cash|cost|deposit|equity|fees?|gain|loss|notional|pnl|price|proceeds|quantity|tax|turnover|value|withdrawal|worth)$|^total$/;

/** Secrets that their form gives away, wherever they stand in a text. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, SECRET],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${SECRET}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:)[^\s@]+@/gi, `$1${SECRET}@`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, SECRET],
  [
    /((?:api[-_ ]?key|access[-_ ]?key|secret|token|password|passphrase|signature|sid)["']?\s*[=:]\s*["']?)[^\s"'&,;}]{4,}/gi,
    `$1${SECRET}`,
  ],
];

/** `EUR 1,234.50`, `1 234,50 EUR`, `€12`; the code is checked to be that of a currency. */
const NUMBER = String.raw`[-+−]?\d(?:[\d.,'’\u00a0\u202f ]*\d)?`;
const MONEY_TEXT = new RegExp(
  String.raw`(?<![A-Za-z0-9])(?:([A-Z]{3})[\s\u00a0]?${NUMBER}|${NUMBER}[\s\u00a0]?([A-Z]{3})(?![A-Za-z0-9])|[€$£¥]\s?${NUMBER}|${NUMBER}\s?[€$£¥])`,
  'gu',
);

export interface FactRules {
  /** Whether amounts of money are written. */
  readonly showsMoney: boolean;
}

/** @returns plain values only: what cannot be JSON (functions, circular references) is named instead */
export function writableFacts(
  facts: Readonly<Record<string, unknown>>,
  rules: FactRules,
): Record<string, unknown> {
  return new Copier(rules).object(facts, 0);
}

class Copier {
  private readonly rules: FactRules;
  /** The objects that the one being copied is in. */
  private readonly around = new Set<object>();

  constructor(rules: FactRules) {
    this.rules = rules;
  }

  object(facts: object, depth: number): Record<string, unknown> {
    const entries = Object.entries(facts).slice(0, ENTRIES_MAX);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, this.named(name, value, depth)]),
    );
  }

  private named(name: string, value: unknown, depth: number): unknown {
    const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    if (SECRET_NAME.test(plain) && isHideable(value)) return SECRET;
    if (!this.rules.showsMoney && MONEY_NAME.test(plain) && isNumeric(value)) return AMOUNT;
    return this.value(value, depth);
  }

  private value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (this.around.has(value)) return '[circular]';
    if (depth >= DEPTH_MAX) return '[deeper]';
    this.around.add(value);
    try {
      return this.nested(value, depth + 1);
    } finally {
      this.around.delete(value);
    }
  }

  private nested(value: object, depth: number): unknown {
    if (value instanceof Error) return this.object(errorFacts(value), depth);
    if (isMoney(value) && !this.rules.showsMoney) return AMOUNT;
    if ('toJSON' in value && typeof value.toJSON === 'function')
      return this.value((value.toJSON as () => unknown)(), depth);
    if (value instanceof Map) return this.object(Object.fromEntries(value), depth);
    const list = value instanceof Set ? [...(value as Set<unknown>)] : value;
    return Array.isArray(list)
      ? list.slice(0, ENTRIES_MAX).map((one) => this.value(one, depth))
      : this.object(value, depth);
  }

  private text(text: string): string {
    let clean = withoutKnownSecrets(text);
    for (const [pattern, replacement] of SECRET_TEXTS) clean = clean.replace(pattern, replacement);
    return this.rules.showsMoney ? clean : clean.replace(MONEY_TEXT, withoutAmount);
  }
}

function withoutAmount(found: string, before?: string, after?: string): string {
  const code = before ?? after;
  return code === undefined || isCurrency(code) ? AMOUNT : found;
}

function errorFacts(error: Error): Record<string, unknown> {
  const { name, message, stack, cause, code } = error as Error & { readonly code?: unknown };
  const own = error instanceof Failure ? error.toJSON() : { ...(code !== undefined && { code }) };
  return { ...own, name, message, stack, ...(cause !== undefined && { cause }) };
}

/** A flag or a number under such a name is no secret (`tokens: 3`). */
function isHideable(value: unknown): boolean {
  return (
    (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null)
  );
}

function isNumeric(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return true;
  return (typeof value === 'string' && /^[-+]?[\d.,' ]*\d/.test(value)) || isObject(value);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Amounts and prices of the kernel, and messages of the contract. */
function isMoney(value: object): boolean {
  return 'currency' in value && ('amount' in value || 'minorUnits' in value);
}
