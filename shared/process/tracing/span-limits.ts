/**
 * How much a span may hold, by the standard variables; those of spans go before those of everything.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits
 */
import type { Attributes as OtelAttributes } from '@opentelemetry/api';
import type { Attributes } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface SpanLimits {
  readonly attributesMax: number;
  readonly textLengthMax: number;
  readonly linksMax: number;
}

export interface Limited {
  readonly attributes: OtelAttributes;
  readonly droppedCount: number;
}

const COUNT_DEFAULT = 128;

export function spanLimitsOf(env: Environment): SpanLimits {
  const lengths = ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'];
  const counts = ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'];
  return {
    attributesMax: firstOf(env, counts) ?? COUNT_DEFAULT,
    // The SDK has always taken 0 for no limit.
    textLengthMax: firstOf(env, lengths) || Infinity,
    linksMax: firstOf(env, ['OTEL_SPAN_LINK_COUNT_LIMIT']) ?? COUNT_DEFAULT,
  };
}

/** Without those that are undefined, and within the limits: the first ones stay, and long texts lose their end. */
export function limited(given: Attributes, limits: SpanLimits): Limited {
  if (isWithin(given, limits)) return { attributes: given as OtelAttributes, droppedCount: 0 };
  const { attributesMax, textLengthMax } = limits;
  const all = Object.entries(stated(given));
  const kept = all
    .slice(0, attributesMax)
    .map(([key, value]) => [
      key,
      typeof value === 'string' ? value.slice(0, textLengthMax) : value,
    ]);
  return {
    attributes: Object.fromEntries(kept) as OtelAttributes,
    droppedCount: all.length - kept.length,
  };
}

/** Without those that are undefined. */
export function stated(given: Attributes): Attributes {
  if (!Object.values(given).includes(undefined)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Nearly all are: most processes have no limit of lengths, and no span a hundred attributes. */
function isWithin(given: Attributes, { attributesMax, textLengthMax }: SpanLimits): boolean {
  if (textLengthMax !== Infinity) return false;
  const values = Object.values(given);
  return values.length <= attributesMax && !values.includes(undefined);
}

function firstOf(env: Environment, names: readonly string[]): number | undefined {
  const text = names.map((name) => env[name]?.trim()).find(Boolean);
  return text === undefined ? undefined : Number(text);
}
