/**
 * Fields of a request: proto3 JSON in, domain values out. As in proto3, an absent or null field is
 * its default (empty, 0, false). Numbers may come as text and enums as numbers; NaN and infinities
 * are refused. An invalid value becomes an issue that names the field.
 */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { parseAccountId } from '#shared/kernel/identifiers.ts';
import { fromTimestamp, type Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import {
  blankOr,
  boolJson,
  enumJson,
  idJson,
  isinJson,
  lineJson,
  multilineJson,
  named,
  numberJson,
  optionalIdJson,
  requiredEnumJson,
  requiredLineJson,
  secondsRange,
  timestampJson,
  weightsJson,
  wholeNumberJson,
  wire,
  wireRequired,
  wordJson,
} from './wire-json.ts';

const PAGE_LIMIT_MAX = 1000;
const PAGE_LIMIT_DEFAULT = 100;
const INT32_MAX = 2 ** 31 - 1;
const QUANTITY_MAX = 1e15;

/** A request: exactly these fields. */
export const request = z.strictObject;

/** Runs a kernel parser and turns its refusal into an issue of this field. */
function via<In, Out>(parse: (value: In) => Out) {
  return (value: In, context: z.core.$RefinementCtx): Out => {
    try {
      return parse(value);
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: Failure.from(thrown).message });
      return z.NEVER;
    }
  };
}

const rawText = z.string().nullish();

/** Characters as a reader counts them, and JSON Schema does. */
function atMost(max: number) {
  return rawText.refine(
    (value) => !value || value.length <= max || [...value].length <= max,
    `at most ${max} characters`,
  );
}

/** Free text, trimmed; no control characters. */
export function text(max = 200) {
  const schema = atMost(max)
    .transform((value) => (value ?? '').trim())
    .pipe(
      // eslint-disable-next-line no-control-regex
      z.string().regex(/^[^\u0000-\u001f\u007f]*$/u, 'no control characters'),
    );
  return wire(schema, lineJson(max));
}

/** Text of many lines as it was written; no control characters but tabs and line ends. */
export function multilineText(max: number) {
  const schema = atMost(max)
    .transform((value) => value ?? '')
    .pipe(
      z
        .string()
        // eslint-disable-next-line no-control-regex
        .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/u, 'no control characters'),
    );
  return wire(schema, multilineJson(max));
}

/** A file as text, up to a megabyte, which must be given. */
export const fileText = wireRequired(
  z.string('is needed').min(1, 'is needed').max(1_000_000, 'is too long'),
  { type: 'string', minLength: 1, maxLength: 1_000_000 },
);

export function requiredText(max = 200) {
  const schema = text(max).pipe(z.string().min(1, 'is needed'));
  return wireRequired(schema, requiredLineJson(max));
}

export const bool = wire(
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  boolJson,
);

const numeric = z.union([
  z.number(),
  z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'a number'),
]);

function finite(value: number | string | null | undefined): number {
  const number = Number(value ?? 0);
  if (!Number.isFinite(number)) throw new Failure('INVALID_REQUEST', 'a finite number');
  return number;
}

/** A double; 0 where absent. */
export function double(range: { min?: number; max?: number } = {}) {
  const schema = numeric.nullish().transform(via(finite)).pipe(bounded(z.number(), range));
  return wire(schema, numberJson(range));
}

/** A double that may be absent. */
export function optionalDouble(range: { min?: number; max?: number } = {}) {
  const schema = numeric
    .nullish()
    .transform(via((value) => (value === null || value === undefined ? undefined : finite(value))))
    .pipe(bounded(z.number(), range).optional());
  return wire(schema, numberJson(range));
}

export function int32(range: { min?: number; max?: number } = {}) {
  const limits = { min: -INT32_MAX, max: INT32_MAX, ...range };
  const schema = numeric
    .nullish()
    .transform(via(finite))
    .pipe(bounded(z.number().int('a whole number'), limits));
  return wire(schema, wholeNumberJson(limits));
}

function bounded(number: z.ZodNumber, { min, max }: { min?: number; max?: number }): z.ZodNumber {
  const low = min === undefined ? number : number.min(min, `at least ${min}`);
  return max === undefined ? low : low.max(max, `at most ${max}`);
}

/** A page's size: 0 is 100, over 1000 is refused. */
export const limit = int32({ min: 0, max: PAGE_LIMIT_MAX }).transform(
  (value) => value || PAGE_LIMIT_DEFAULT,
);
export const offset = int32({ min: 0 });

export const isin = wireRequired(
  rawText.transform(via((value) => parseIsin(value ?? ''))),
  isinJson,
);
/** Empty is absent. */
export const optionalIsin = wire(
  rawText.transform(via((value) => (value ? parseIsin(value) : undefined))),
  blankOr(isinJson),
);
/** An account that must be named: empty is not the default one. */
export const requiredAccount = wireRequired(
  rawText.transform(
    via((value) => {
      if (!value) throw new Failure('INVALID_REQUEST', 'is needed');
      return parseAccountId(value);
    }),
  ),
  idJson,
);
export const account = wire(
  rawText.transform(via((value) => parseAccountId(value ?? ''))),
  optionalIdJson,
);

/** A ticker symbol: letters, digits and the separators exchanges use. */
export const symbol = wire(
  text(32).pipe(z.string().regex(/^[A-Za-z0-9._:/-]*$/, 'letters, digits and . _ : / - only')),
  { type: ['string', 'null'], maxLength: 32, pattern: '^[A-Za-z0-9._:/-]*$' },
);

/** Shares, never negative; 0 where absent. */
export const quantity = wire(
  numeric.nullish().transform(via((value) => parseQuantity(value ?? 0))),
  numberJson({ min: 0, max: QUANTITY_MAX }),
);
export const positiveQuantity = wireRequired(
  numeric.nullish().transform(
    via((value) => {
      const parsed = parseQuantity(value ?? 0);
      if (parsed.sign === 0) throw new Failure('INVALID_REQUEST', 'a quantity above 0 is needed');
      return parsed;
    }),
  ),
  { type: 'number', exclusiveMinimum: 0, maximum: QUANTITY_MAX },
);

const wireMoney = z.strictObject({ amount: rawText, currency: rawText });
type WireMoney = z.output<typeof wireMoney>;

/** An amount with its currency; absent (or wholly empty) is undefined. */
export const money = wire(
  wireMoney.nullish().transform(via((value) => given(value, Money.parse))),
  named('Amount'),
);
/** An amount that is not negative. */
export const moneyNotNegative = wire(
  wireMoney.nullish().transform(
    via((value) => {
      const parsed = given(value, Money.parse);
      if (parsed && parsed.sign < 0) throw new Failure('INVALID_REQUEST', 'is never negative');
      return parsed;
    }),
  ),
  named('AmountNotNegative'),
);
/** An amount that must be given, above 0. */
export const positiveMoney = wireRequired(
  wireMoney.nullish().transform(
    via((value) => {
      const parsed = given(value, Money.parse);
      if (parsed && parsed.sign > 0) return parsed;
      throw new Failure('INVALID_REQUEST', 'an amount above 0 is needed');
    }),
  ),
  named('AmountPositive'),
);
/** A price for one share; positive, up to eight decimals; absent is undefined. */
export const price = wire(
  wireMoney.nullish().transform(via((value) => given(value, Price.parse))),
  named('SharePrice'),
);

function given<T>(
  value: WireMoney | null | undefined,
  parse: (amount: string, currency: string) => T,
): T | undefined {
  if (!value || (!value.amount && !value.currency)) return undefined;
  return parse(value.amount ?? '', value.currency ?? '');
}

export const timestamp = atFirstUse(() =>
  wire(
    z
      .strictObject({ seconds: numeric.nullish(), nanos: int32({ min: 0, max: 999_999_999 }) })
      .nullish()
      .transform(
        via((value): Instant | undefined => {
          if (!value) return undefined;
          const seconds = finite(value.seconds);
          if (
            !Number.isInteger(seconds) ||
            seconds < secondsRange.min ||
            seconds > secondsRange.max
          )
            throw new Failure('INVALID_REQUEST', 'seconds within the years 1 to 9999');
          return fromTimestamp({ seconds: String(seconds), nanos: value.nanos });
        }),
      ),
    timestampJson,
  ),
);

/** An enum by its name or number; the first name (number 0) is the default. */
export function enumeration<const Names extends readonly [string, ...string[]]>(names: Names) {
  const schema = z
    .union([z.string(), z.number().int()])
    .nullish()
    .transform(
      via((value): Names[number] => {
        const name = typeof value === 'number' ? names[value] : (value ?? names[0]);
        if (name === undefined || !names.includes(name))
          throw new Failure('INVALID_REQUEST', `one of ${names.join(', ')}`);
        return name;
      }),
    );
  return wire(schema, enumJson(names));
}

/** One of a set of strings; the first where it is empty. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  const schema = rawText.transform(
    via((value): Words[number] => {
      const found = value ? words.find((one) => one === value) : words[0];
      if (found === undefined) throw new Failure('INVALID_REQUEST', `one of ${words.join(', ')}`);
      return found;
    }),
  );
  return wire(schema, wordJson(words));
}

/** One of a set of strings, or empty for all of them. */
export function anyWord<const Words extends readonly [string, ...string[]]>(words: Words) {
  return word(['', ...words]);
}

/** One of a set of strings, required. */
export function requiredWord<const Words extends readonly [string, ...string[]]>(words: Words) {
  const schema = rawText.transform(
    via((value): Words[number] => {
      const found = words.find((one) => one === value);
      if (found === undefined) throw new Failure('INVALID_REQUEST', `one of ${words.join(', ')}`);
      return found;
    }),
  );
  return wireRequired(schema, { type: 'string', enum: words });
}

/** A decimal as text; empty is absent. */
export const optionalDecimal = wire(
  rawText.transform(via((value) => (value ? Decimal.parse(value).normalize() : undefined))),
  { type: ['string', 'null'], pattern: '^(-?[0-9]{1,30}([.][0-9]{1,18})?)?$' },
);

/** `YYYY-MM-DD`; empty is absent. */
export const optionalDay = wire(
  rawText.transform(via((value) => (value ? parseDay(value) : undefined))),
  blankOr({ type: 'string', format: 'date' }),
);
export const requiredDay = wireRequired(rawText.transform(via((value) => parseDay(value ?? ''))), {
  type: 'string',
  format: 'date',
});

/** An enum whose number 0 has no meaning, so a value is required. */
export function requiredEnumeration<const Names extends readonly [string, ...string[]]>(
  names: Names,
) {
  type Given = Names extends readonly [string, ...infer Rest extends string[]]
    ? Rest[number]
    : never;
  const schema = enumeration(names).transform(
    via((value): Given => {
      if (value === names[0])
        throw new Failure('INVALID_REQUEST', `one of ${names.slice(1).join(', ')}`);
      return value as Given;
    }),
  );
  return wireRequired(schema, { anyOf: requiredEnumJson(names, 1) });
}

export function list<Item extends z.ZodType>(item: Item, max = 1000) {
  return z
    .array(item)
    .max(max, `at most ${max} entries`)
    .nullish()
    .transform((value) => value ?? []);
}

/** A list with at least one entry. */
export function requiredList<Item extends z.ZodType>(item: Item, max = 1000) {
  return z
    .array(item, 'is needed')
    .min(1, 'is needed')
    .max(max, `at most ${max} entries`)
    .meta({ isRequired: true });
}

/** A map with text keys; the keys may be narrowed to a known set. */
export function map<Value extends z.ZodType>(value: Value, keys?: readonly string[]) {
  const key = keys ? z.enum(keys as [string, ...string[]]) : z.string().min(1).max(100);
  return z
    .partialRecord(key, value)
    .nullish()
    .transform((entries) => new Map(Object.entries(entries ?? {}) as [string, z.output<Value>][]));
}

/** Above 1 by less than this is rounding of the weights. */
const WEIGHTS_ROUNDING = 1e-9;

/** Shares of the value by ISIN, 0 to 1 each and in sum. */
export const weights = atFirstUse(() =>
  wire(
    z
      .record(z.string().min(1).max(100), double({ min: 0, max: 1 }))
      .nullish()
      .transform(
        via((entries): ReadonlyMap<Isin, number> => {
          const parsed = Object.entries(entries ?? {}).map(
            ([isin, weight]) => [parseIsin(isin), weight] as const,
          );
          const total = parsed.reduce((sum, [, weight]) => sum + weight, 0);
          if (total > 1 + WEIGHTS_ROUNDING)
            throw new Failure('INVALID_REQUEST', `weights of at most 1 in sum, not ${total}`);
          return new Map(parsed);
        }),
      ),
    weightsJson,
  ),
);

/** `common.Position`, a holding stated by a caller. */
export const position = atFirstUse(() =>
  z.strictObject({
    symbol,
    isin,
    name: text(),
    quantity,
    averagePrice: price,
    currentPrice: price,
    marketValue: money,
    costBasis: money,
    unrealizedPnl: money,
    unrealizedPnlPct: double(),
    accountId: account,
    lastUpdated: timestamp(),
    pricedAtCost: bool,
  }),
);

export type StatedPosition = z.output<ReturnType<typeof position>>;
