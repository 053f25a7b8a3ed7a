/**
 * Facts of an event as they may be written: plain JSON, without secrets, and without amounts of money
 * unless they are asked for (LOG_MONEY).
 */
import { isCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { isKnownSecret, withoutKnownSecrets } from './known-secrets.ts';

const DEPTH_MAX = 8;
const ENTRIES_MAX = 200;
const SECRET = '[secret]';
const AMOUNT = '[amount]';

/** Names of facts, without case and separators, whose text is never written. */
const SECRET_NAME =
  /authorization|cookie|credential|passphrase|passw(?:or)?d|pwd$|secret|token$|tokens$|apikey|accesskey|privatekey|signature|sessionid|bearer|jwt$|otp$|^(?:auth|pass|pin|sid)$/;

const SECRET_HEADER = /^(?:(?:proxy-)?authorization|(?:set-)?cookie|[\w-]*api-?key)$/i;

/** The same in a text, before `=` or `:`. */
const SECRET_WORD = String.raw`(?:(?:api|access|private)[-_ ]?key|authorization|cookie|credentials?|secret|token|passw(?:or)?d|passphrase|pwd|signature|session[-_]?id|sid|jwt|otp)`;
/** In JSON within JSON there are backslashes before them. */
const QUOTE = String.raw`\\*["']`;

/** Names of facts that hold money, or from which money can be computed. */
const MONEY_NAME =
  /(?:amount|balance|budget|cash|cost|deposit|equity|fees?|gain|loss|notional|pnl|price|proceeds|quantity|tax|turnover|value|withdrawal|worth)$|^total$/;

/** Secrets that their form gives away, wherever they stand in a text. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, SECRET],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${SECRET}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:)[^\s"'/]+@/gi, `$1${SECRET}@`],
  // A user alone is a token there.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s"'/@:]{8,}@/gi, `$1${SECRET}@`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, SECRET],
  // Schemes have credentials with blanks and commas: nothing of the line is left.
  [/(\bauthorization\s*[=:]\s*)[^\n"'\\]+/gi, `$1${SECRET}`],
  // In quotes up to the quote that ends it, blanks and all; without them up to what separates.
  [
    new RegExp(String.raw`(${SECRET_WORD}["']?\s*[=:]\s*)(["'])(?:\\.|(?!\2)[^\n\\])+\2`, 'gi'),
    `$1$2${SECRET}$2`,
  ],
  [
    new RegExp(
      String.raw`(${SECRET_WORD}(?:${QUOTE})?\s*[=:]\s*)(\\+["'])(?:(?!\2)[^\n])+\2`,
      'gi',
    ),
    `$1$2${SECRET}$2`,
  ],
  [
    new RegExp(
      String.raw`(${SECRET_WORD}(?:${QUOTE})?\s*[=:]\s*(?:bearer|basic)?\s*)(?!\[secret\])[^\s"'\\&,;}\[]{4,}`,
      'gi',
    ),
    `$1${SECRET}`,
  ],
];

/** `EUR 1,234.50`, `1 234,50 EUR`, `€12`; the code is checked to be that of a currency. */
const NUMBER = String.raw`[-+\u2212]?\d(?:[\d.,'\u2019\u00a0\u202f ]*\d)?`;
const MONEY_TEXT = new RegExp(
  String.raw`(?<![A-Za-z0-9])(?:([A-Z]{3})[\s\u00a0]?${NUMBER}|${NUMBER}[\s\u00a0]?([A-Z]{3})(?![A-Za-z0-9])|[\u20ac$£¥]\s?${NUMBER}|${NUMBER}\s?[\u20ac$£¥])`,
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
      entries.map(([name, value]) => [this.name(name), this.named(name, value, depth)]),
    );
  }

  /** Names may be of somebody's choice as well; those of our facts are letters. */
  private name(name: string): string {
    if (/^[A-Za-z]+$/.test(name)) return isKnownSecret(name) ? SECRET : name;
    return this.text(name);
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
    if (value instanceof Map) return this.object(entriesOf(value), depth);
    const list = value instanceof Set ? [...(value as Set<unknown>)] : value;
    if (Array.isArray(list)) return this.list(list.slice(0, ENTRIES_MAX), depth);
    if (isStoredBuffer(value)) return `[${value.data.length} bytes]`;
    return this.object(hidingNamed(value), depth);
  }

  /** `['authorization', '…', 'host', '…']` is a list of headers: the text after such a name is hidden. */
  private list(list: readonly unknown[], depth: number): unknown[] {
    return list.map((one, at) =>
      at % 2 === 1 && typeof one === 'string' && SECRET_HEADER.test(String(list[at - 1]))
        ? SECRET
        : this.value(one, depth),
    );
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

/** Keys may be objects, which are no names: one without a prototype cannot even be made text. */
function entriesOf(map: ReadonlyMap<unknown, unknown>): object {
  const named = [...map].map(([key, value], at) => [
    typeof key === 'object' && key !== null ? `key ${at}` : String(key),
    value,
  ]);
  return Object.fromEntries(named) as object;
}

function isSecretName(name: unknown): boolean {
  if (typeof name !== 'string' || !/^[\w-]{2,40}$/.test(name)) return false;
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

/** `{ name: 'authorization', value: '…' }`: hidden under its name. */
function hidingNamed(value: object): object {
  const { name, key, header } = value as Readonly<Record<string, unknown>>;
  const isSecret = [name, key, header].some(isSecretName);
  return isSecret && 'value' in value ? { ...value, value: SECRET } : value;
}

/** As a Buffer is in JSON. */
function isStoredBuffer(value: object): value is { readonly data: readonly unknown[] } {
  const { type, data } = value as Readonly<Record<string, unknown>>;
  return type === 'Buffer' && Array.isArray(data);
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
