/**
 * Stored values: JSON out, parsed values in, as strictly as requests. What does not parse is
 * DATA_CORRUPT, never a default. Kernel values write themselves (`toJSON`); the schemas below read
 * them back.
 */
import * as z from 'zod';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';

export function encode(value: unknown): string {
  return JSON.stringify(value);
}

/** @throws Failure DATA_CORRUPT */
export function decode<T>(schema: z.ZodType<T>, json: string, what: string): T {
  try {
    return schema.parse(JSON.parse(json));
  } catch (thrown) {
    throw dataCorrupt(what, thrown instanceof z.ZodError ? reasonOf(thrown) : 'not JSON');
  }
}

/** After going back to a version before, a record may have fields that only the newer one knows. */
function reasonOf(error: z.ZodError): string {
  const isNewer = error.issues.every(({ code }) => code === 'unrecognized_keys');
  const said = z.prettifyError(error);
  return isNewer ? `${said}. It was probably written by a newer version, which can read it` : said;
}

export const storedDecimal = z.string().transform((text) => Decimal.parse(text));
export const storedMoney = z
  .object({ amount: z.string(), currency: z.string() })
  .transform(({ amount, currency }) => Money.parse(amount, currency));
export const storedPrice = z
  .object({ amount: z.string(), currency: z.string() })
  .transform(({ amount, currency }) => new Price(Decimal.parse(amount), parseCurrency(currency)));
export const storedInstant = z.number().transform((ms) => ms as Instant);
export const storedDay = z.string().transform((text): CalendarDay => parseDay(text));
export const storedIsin = z.string().transform((text): Isin => parseIsin(text));
export const storedCurrency = z.string().transform((text): Currency => parseCurrency(text));

/** Lots that a sale closed, as reported. */
export const storedClosedLots = z
  .array(
    z.strictObject({
      openedBy: z.string().optional(),
      openedAt: storedInstant.optional(),
      isDayOnly: z.boolean().optional(),
      quantity: storedDecimal,
    }),
  )
  .readonly();

/** A branded text that was checked when it was made. */
export function storedId<Id extends string>() {
  return z
    .string()
    .min(1)
    .transform((text) => text as Id);
}
