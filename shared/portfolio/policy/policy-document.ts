/**
 * A policy as people write it: YAML or JSON, every value checked, every complaint with its path.
 * docs/use/policy.md describes it.
 */
import * as z from 'zod';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency } from '#shared/kernel/currency.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { isIsin, type Isin } from '#shared/kernel/isin.ts';
import { objectives } from '#shared/kernel/objective.ts';
import { requireClearAmounts } from '#shared/process/ambiguous-amounts.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { trustLevels } from '#shared/kernel/trust-level.ts';
import type { InvestmentPolicy } from '../model/policy/policy.ts';
import { policyContradictions } from '../model/policy/policy-contradictions.ts';

const ratio = z.number('a fraction from 0 to 1').min(0, from0to1()).max(1, from0to1());
const factor = z.number('a number from 0').min(0, 'is never negative');
const days = z.int('a whole number of days').min(0, 'is never negative').max(36_500);
const count = z.int('a whole number').min(1, 'at least 1').max(10_000, 'at most 10000');
/** A number or text; kept as text, so that no digit is lost. */
const amount = z
  .union([z.number(), z.string()], 'an amount')
  .transform((value) => String(value))
  .pipe(z.string().regex(/^\d{1,15}(\.\d{1,6})?$/, 'an amount that is not negative, as 250.00'));
const isin = z
  .custom<Isin>((value) => typeof value === 'string' && isIsin(value), 'an ISIN')
  .meta({ type: 'string', pattern: '^[A-Z]{2}[A-Z0-9]{9}[0-9]$' });
const isinList = z.array(isin).max(10_000);
const currency = z.string().refine(isCurrency, 'an ISO 4217 currency');
const name = z.string().min(1).max(100);

const day = z
  .custom<CalendarDay>(isDay, 'a day, as 2027-03-31')
  .meta({ type: 'string', format: 'date' });
const byIsin = z.record(z.string().refine(isIsin, 'an ISIN'), ratio);
const byName = z.record(name, ratio);
const byCurrency = z.record(currency, ratio);

const group = z.strictObject({
  name,
  weightRatio: ratio,
  sector: name.optional(),
  country: name.optional(),
  currency: currency.optional(),
  isins: isinList.optional(),
});

const policySchema = z.strictObject({
  objective: z.enum(objectives, `one of ${objectives.join(', ')}`).optional(),
  riskAversion: factor.optional(),
  targetReturnRatio: z.number().optional(),
  targetVolatilityRatio: factor.optional(),
  targets: z
    .strictObject({ securities: byIsin.optional(), groups: z.array(group).max(1000).optional() })
    .optional(),
  excluded: isinList.optional(),
  sellOnly: isinList.optional(),
  frozen: isinList.optional(),
  restrictedUntil: z.record(z.string().refine(isIsin, 'an ISIN'), day).optional(),
  limits: z
    .strictObject({
      securityMaxRatio: ratio.optional(),
      sectorMaxRatio: ratio.optional(),
      countryMaxRatio: ratio.optional(),
      currencyMaxRatio: ratio.optional(),
      positionsMax: count.optional(),
      securities: byIsin.optional(),
      sectors: byName.optional(),
      countries: byName.optional(),
      currencies: byCurrency.optional(),
    })
    .optional(),
  cash: z
    .strictObject({
      reserveRatio: ratio.optional(),
      reserveAmount: amount.optional(),
      monthlyDeposit: amount.optional(),
    })
    .optional(),
  band: z
    .strictObject({ totalRatio: ratio.optional(), positionRatio: ratio.optional() })
    .optional(),
  orders: z
    .strictObject({
      minimum: amount.optional(),
      maximumRatio: ratio.optional(),
      dayTurnoverMaxRatio: factor.optional(),
      perDayMax: count.optional(),
      perPlanMax: count.max(100, 'at most 100').optional(),
      switchingMarginRatio: ratio.optional(),
      cooldownDays: days.optional(),
      minimumHoldDays: days.optional(),
      fractionalShares: z.boolean('true or false').optional(),
    })
    .optional(),
  tax: z
    .strictObject({
      lotMethod: z.enum(['fifo', 'lifo', 'hifo', 'average', 'specific']).optional(),
      gainRatio: ratio.optional(),
      dividendRatio: ratio.optional(),
      allowance: amount.optional(),
      yearStartsOn: z
        .string()
        .regex(/^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/, 'month and day, as 04-06; at most day 28')
        .optional(),
      holdingPeriods: z
        .array(z.strictObject({ days, gainRatio: ratio }))
        .max(20)
        .optional(),
      lossesOffsetGains: z.boolean('true or false').optional(),
      lossesCarriedForward: z.boolean('true or false').optional(),
      washSaleDays: days.optional(),
    })
    .optional(),
  trust: z
    .strictObject({
      level: z.enum(trustLevels, `one of ${trustLevels.join(', ')}`).optional(),
      orderValueMax: amount.optional(),
      dayValueMax: amount.optional(),
      ordersPerDayMax: count.optional(),
      monthTurnoverMaxRatio: factor.optional(),
      drawdownMaxRatio: ratio.optional(),
      sales: z.boolean('true or false').optional(),
    })
    .optional(),
}) satisfies z.ZodType<InvestmentPolicy>;

/** The JSON Schema of the document, for editors and other programs. */
export function policyJsonSchema(): object {
  return z.toJSONSchema(policySchema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
}

/**
 * @param text YAML or JSON; empty is a policy that leaves all to the settings
 * @param field that names the text in complaints
 * @throws Failure INVALID_REQUEST with every complaint, each as `field.path.to.value`
 */
export function parsePolicy(text: string, field: string): InvestmentPolicy {
  const read = policySchema.safeParse(yamlOf(text, field) ?? {});
  if (!read.success)
    throw invalidRequest(...read.error.issues.flatMap((i) => violations(i, field)));
  const contradictions = policyContradictions(read.data);
  if (contradictions.length === 0) return read.data;
  throw invalidRequest(
    ...contradictions.map((one) => ({ field: `${field}.${one.field}`, message: one.message })),
  );
}

/** Keys of its amounts. */
export const policyAmounts: ReadonlySet<string> = new Set([
  ...['reserveAmount', 'monthlyDeposit', 'minimum', 'allowance', 'orderValueMax', 'dayValueMax'],
]);

/**
 * A document that somebody wrote just now. Older ones stay as they were read.
 * @throws Failure INVALID_REQUEST also for an amount that may be read in two ways, such as 1.000
 */
export function parseWrittenPolicy(text: string, field: string): InvestmentPolicy {
  const policy = parsePolicy(text, field);
  requireClearAmounts(text, field, policyAmounts);
  return policy;
}

function isDay(value: unknown): boolean {
  try {
    return parseDay(String(value)) === value;
  } catch {
    return false;
  }
}

function yamlOf(text: string, field: string): unknown {
  try {
    return parseYaml(text);
  } catch (thrown) {
    throw invalidRequest({ field, message: Failure.from(thrown).message });
  }
}

function violations(issue: z.core.$ZodIssue, field: string): readonly FieldViolation[] {
  const path = issue.path.reduce<string>(
    (so, part) => (typeof part === 'number' ? `${so}[${part}]` : `${so}.${String(part)}`),
    field,
  );
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: `${path}.${key.slice(0, 100)}`,
      message: 'is not part of a policy',
    }));
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  return [{ field: path, message: inner ?? issue.message }];
}

function from0to1(): string {
  return 'a fraction from 0 to 1';
}
