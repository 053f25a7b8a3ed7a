/**
 * What a field of a request is on the wire, in JSON Schema: kept with the field's schema, whose own form is
 * hidden behind the conversion to domain values. The description of the API is generated from it.
 */
import type { z } from 'zod';

export type Json = Readonly<Record<string, unknown>>;

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Annotates a field that may be absent. */
export function wire<Schema extends z.ZodType>(schema: Schema, json: Json): Schema {
  return schema.meta({ wire: json });
}

/** Annotates a field that must be given. */
export function wireRequired<Schema extends z.ZodType>(schema: Schema, json: Json): Schema {
  return schema.meta({ wire: json, isRequired: true });
}

/** A request of which one of several forms is needed, each by the fields that must be given and what they are. */
export function oneOf<Schema extends z.ZodType>(schema: Schema, ...forms: readonly Form[]): Schema {
  return schema.meta({ alternatives: forms.map(formJson) });
}

export interface Form {
  readonly needs: Readonly<Record<string, Json>>;
  /** Fields that may be given, if they are this. */
  readonly where?: Readonly<Record<string, Json>>;
}

export function formJson({ needs, where }: Form): Json {
  return { required: Object.keys(needs), properties: { ...needs, ...where } };
}

/** Whitespace that is trimmed, and characters that are neither that nor control characters. */
const BLANK = String.raw`[\u0009-\u000d\u0020]*`;
const PRINTABLE = String.raw`[^\u0000-\u001f\u007f]`;
const VISIBLE = String.raw`[^\u0000-\u0020\u007f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]`;

export function lineJson(maxLength: number): Json {
  return { type: ['string', 'null'], maxLength, pattern: `^${BLANK}${PRINTABLE}*${BLANK}$` };
}

export function requiredLineJson(maxLength: number): Json {
  const pattern = `^${BLANK}${VISIBLE}${PRINTABLE}*${BLANK}$`;
  return { type: 'string', minLength: 1, maxLength, pattern };
}

export function multilineJson(maxLength: number): Json {
  const pattern = String.raw`^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$`;
  return { type: ['string', 'null'], maxLength, pattern };
}

export const absentJson: Json = { anyOf: [{ type: 'string', enum: [''] }, { type: 'null' }] };
export const dayJson: Json = { type: 'string', format: 'date' };
export const symbolJson: Json = {
  type: 'string',
  minLength: 1,
  maxLength: 32,
  pattern: '^[A-Za-z0-9._:/-]+$',
};
/** Above 0, as text. */
export const positiveDecimalJson: Json = {
  type: 'string',
  pattern: '^([1-9][0-9]{0,29}([.][0-9]{1,18})?|0[.]0{0,8}[1-9][0-9]{0,8})$',
};
/** From 0 to 1, as text. */
export const ratioJson: Json = { type: 'string', pattern: '^(0([.][0-9]{1,18})?|1([.]0{1,18})?)$' };
/** Of a field that may be absent otherwise. */
export const givenMoneyJson: Json = {
  type: 'object',
  properties: {
    amount: { type: 'string', minLength: 1 },
    currency: { type: 'string', minLength: 3 },
  },
  required: ['amount', 'currency'],
};
export const boolJson: Json = { type: ['boolean', 'null'] };
/** ISO 6166. A pattern cannot have the check digit, so the format stands alone. */
export const isinJson: Json = { type: 'string', format: 'isin', minLength: 12, maxLength: 12 };
/** Or empty or null for absence. */
export const optionalIdJson: Json = {
  type: ['string', 'null'],
  pattern: '^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$',
};
export const idJson: Json = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' };

/** The same, or empty or null for absence. */
export function blankOr(json: Json): Json {
  return { anyOf: [json, { type: 'string', enum: [''] }, { type: 'null' }] };
}

export function wordJson(words: readonly string[]): Json {
  return { type: ['string', 'null'], enum: [...new Set([...words, '']), null] };
}

/** By name or number. */
export function enumJson(names: readonly string[]): Json {
  return {
    anyOf: [...requiredEnumJson(names, 0), { type: 'null' }],
  };
}

/** @param from the number of the first name that may be given */
export function requiredEnumJson(names: readonly string[], from: number): readonly Json[] {
  const numbers = { type: 'integer', minimum: from, maximum: names.length - 1 };
  return [{ type: 'string', enum: names.slice(from) }, numbers];
}

/** A number, or one as text, as proto3 JSON has it. */
export function numberJson({ min, max }: Range): Json {
  const sign = min === undefined || min < 0 ? '-?' : '';
  const pattern =
    max === undefined
      ? `^${sign}[0-9]{1,30}([.][0-9]{1,30})?$`
      : `^(${wholePattern(min ?? -max, Math.floor(max))})$`;
  return {
    anyOf: [
      {
        type: 'number',
        ...(min !== undefined && { minimum: min }),
        ...(max !== undefined && { maximum: max }),
      },
      { type: 'string', pattern },
      { type: 'null' },
    ],
  };
}

export function wholeNumberJson({
  min,
  max,
}: {
  readonly min: number;
  readonly max: number;
}): Json {
  return {
    anyOf: [
      { type: 'integer', minimum: min, maximum: max },
      { type: 'string', pattern: `^(${wholePattern(min, max)})$` },
      { type: 'null' },
    ],
  };
}

/** Beyond that a pattern is for machines only. */
const READABLE_DIGITS = 6;

/** A whole number within a range as a regular expression; of large ranges only numbers with fewer digits. */
function wholePattern(min: number, max: number): string {
  const up = digitsPattern(max);
  if (min >= 0) return up;
  return `${up}|-(${digitsPattern(-min)})`;
}

/** From 0 to the limit. */
function digitsPattern(max: number): string {
  const text = String(max);
  const shorter = text.length > 1 ? [`[1-9][0-9]{0,${text.length - 2}}`] : [];
  if (text.length > READABLE_DIGITS) return ['0', ...shorter].join('|');
  const sameLength = [...text].flatMap((digit, index) => {
    const low = index === 0 ? 1 : 0;
    if (Number(digit) <= low) return [];
    const rest = text.length - index - 1;
    return [
      `${text.slice(0, index)}[${low}-${Number(digit) - 1}]${rest > 0 ? `[0-9]{${rest}}` : ''}`,
    ];
  });
  return ['0', ...shorter, ...sameLength, ...(max > 0 ? [text] : [])].join('|');
}

/** Schemas that many fields have; the description has them under these names (scripts/generate/amount-schemas.ts). */
export type NamedSchema = 'Amount' | 'AmountNotNegative' | 'AmountPositive' | 'SharePrice';

export function named(name: NamedSchema): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** Shares of the value by ISIN. */
export const weightsJson: Json = {
  anyOf: [
    {
      type: 'object',
      propertyNames: isinJson,
      additionalProperties: numberJson({ min: 0, max: 1 }),
    },
    { type: 'null' },
  ],
};

/** Seconds since 1970 of the years 1 to 9999. */
export const secondsRange = { min: -62_135_596_800, max: 253_402_300_799 } as const;

export const timestampJson: Json = {
  anyOf: [
    {
      type: 'object',
      properties: {
        seconds: wholeNumberJson(secondsRange),
        nanos: wholeNumberJson({ min: 0, max: 999_999_999 }),
      },
      additionalProperties: false,
    },
    { type: 'null' },
  ],
};
