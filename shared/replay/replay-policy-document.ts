/** A replay's policy as people write it: YAML or JSON, every value checked. docs/use/replay.md describes it. */
import * as z from 'zod';
import { isCurrency, parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { parsePolicy, policyAmounts } from '#shared/portfolio/policy/policy-document.ts';
import { requireClearAmounts } from '#shared/process/ambiguous-amounts.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { periods, type ReplaySchedule } from './model/schedule.ts';
import type { WeightRule } from './model/weights.ts';
import { isTaxed } from './owner-policy.ts';
import type { ReplayPolicy } from './replay-policy.ts';
import { settingComplaints } from './replay-settings.ts';

const ratio = z.number('a fraction from 0 to 1').min(0).max(1);
const window = z.int('a whole number of returns').min(2).max(10_000);
const AMOUNT = 'an amount above 0, as 250.00';
/** Keys of amounts, those of the owner's policy and of settings among them. */
const AMOUNTS: ReadonlySet<string> = new Set([
  ...['capital', 'amount', ...policyAmounts],
  ...['MINIMUM_ORDER', 'ORDER_VALUE_MAX', 'DEPOSIT_MAX', 'FEE_FIXED', 'MONTHLY_DEPOSIT'],
]);
const amount = z
  .union([z.number(), z.string()], 'an amount')
  .transform(String)
  .pipe(
    z
      .string()
      .regex(/^\d{1,15}(\.\d{1,6})?$/, AMOUNT)
      .refine((text) => Number(text) > 0, AMOUNT),
  );

const weights = z.union(
  [
    z.literal('equal').transform((): WeightRule => ({ kind: 'equal' })),
    z.literal('planner').transform(() => ({ kind: 'planner' }) as const),
    z
      .strictObject({ fixed: z.record(z.string().min(1), ratio) })
      .refine(({ fixed }) => sum(Object.values(fixed)) <= 1 + 1e-9, 'at most 1 in sum')
      .refine(({ fixed }) => sum(Object.values(fixed)) > 0, 'a weight above 0 is needed')
      .transform(({ fixed }): WeightRule => ({ kind: 'fixed', weights: fixed })),
    z
      .strictObject({ inverseVolatility: z.strictObject({ window }) })
      .transform(({ inverseVolatility: own }): WeightRule => ({
        kind: 'inverse-volatility',
        ...own,
      })),
    z
      .strictObject({
        minimumVariance: z.strictObject({
          window,
          cap: ratio.default(1),
          covariance: z.enum(['ledoit-wolf', 'sample']).default('ledoit-wolf'),
        }),
      })
      .transform(({ minimumVariance: own }): WeightRule => ({ kind: 'minimum-variance', ...own })),
  ],
  'one of equal, planner, fixed: {SYMBOL: 0.5}, inverseVolatility: {window}, minimumVariance: {window, cap}',
);

const schedule = z.union(
  [
    z.enum(['once', 'daily']).transform((kind): ReplaySchedule => ({ kind })),
    z.enum(periods).transform((period): ReplaySchedule => ({ kind: 'first-of', period })),
    z
      .strictObject({ every: z.int().min(1).max(10_000) })
      .transform(({ every }): ReplaySchedule => ({ kind: 'every', days: every })),
  ],
  `one of once, daily, ${periods.join(', ')}, every: N`,
);

const settings = z
  .record(z.string(), z.union([z.string(), z.number()], 'a text or a number').transform(String))
  .superRefine((stated, found) => {
    for (const { field, message } of settingComplaints(stated))
      found.addIssue({ code: 'custom', path: [field], message });
  });

const policySchema = z.strictObject(
  {
    name: z.string().min(1).max(100).optional(),
    securities: z.array(z.string().min(1)).min(1).max(10_000).optional(),
    weights,
    schedule: schedule.default({ kind: 'first-of', period: 'month' }),
    band: z
      .strictObject({ absolute: ratio.default(1), relative: z.number().min(0).default(1) })
      .optional(),
    sells: z.boolean('true or false').default(true),
    shares: z.enum(['whole', 'fractional']).default('whole'),
    fill: z.enum(['close', 'next-open', 'next-close']).default('next-open'),
    currency: z.string().refine(isCurrency, 'an ISO 4217 currency').optional(),
    capital: amount.default('25000'),
    deposit: z.strictObject({ amount, each: z.enum(periods) }).optional(),
    publicationLagDays: z.int().min(0).max(1000).default(90),
    splits: z.enum(['declared', 'suspected']).default('suspected'),
    settings: settings.default({}),
    investmentPolicy: z.record(z.string(), z.unknown()).optional(),
    taxes: z.enum(['owed', 'paid']).optional(),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'a policy is needed, such as weights: equal' : undefined,
  },
);

/**
 * @param field what complaints name, such as the file
 * @param currency where the document says none
 * @param usualName where the document says none
 * @throws Failure INVALID_REQUEST with every complaint, each as `field.path.to.value`
 */
export function parseReplayPolicy(
  text: string,
  field: string,
  currency: string,
  usualName = field,
): ReplayPolicy {
  const read = policySchema.safeParse(yamlOf(text, field));
  if (!read.success)
    throw invalidRequest(...read.error.issues.flatMap((issue) => complaintsOf(issue, field)));
  const { publicationLagDays, splits, name, investmentPolicy, ...rest } = read.data;
  const stated = investmentPolicy && JSON.stringify(investmentPolicy);
  const owner = stated === undefined ? undefined : parsePolicy(stated, `${field}.investmentPolicy`);
  if (rest.taxes === 'paid' && !isTaxed(owner?.tax))
    throw invalidRequest({
      field: `${field}.taxes`,
      message: 'needs an investmentPolicy with a tax on gains or dividends',
    });
  const owned = parseCurrency(rest.currency ?? currency);
  requireWhole(rest.capital, owned, `${field}.capital`);
  if (rest.deposit) requireWhole(rest.deposit.amount, owned, `${field}.deposit.amount`);
  requireClearAmounts(text, field, AMOUNTS);
  return {
    ...rest,
    ...(stated !== undefined && { investmentPolicy: stated }),
    name: name ?? usualName,
    currency: owned,
    market: { publicationLagDays, declaresSplits: splits === 'declared' },
  };
}

type Issue = z.core.$ZodIssue;

/** A key that is unknown is named as a field of its own. */
function complaintsOf(issue: Issue, field: string): readonly FieldViolation[] {
  const place = [field, ...issue.path].join('.');
  const meant = issue.code === 'invalid_union' ? formMeant(issue.errors) : undefined;
  if (meant)
    return meant.flatMap((one) =>
      complaintsOf({ ...one, path: [...issue.path, ...one.path] }, field),
    );
  if (issue.code !== 'unrecognized_keys') return [{ field: place, message: issue.message }];
  return issue.keys.map((key) => ({ field: `${place}.${key}`, message: 'is not known' }));
}

/** What is wrong within the form that has the stated keys; undefined where none has. */
function formMeant(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return forms.find((issues) =>
    issues.every(({ code, path }) => code === 'custom' || path.length > 0),
  );
}

/** @throws Failure INVALID_REQUEST for an amount finer than its currency */
function requireWhole(text: string, currency: Currency, field: string): void {
  try {
    Money.parse(text, currency);
  } catch (thrown) {
    throw invalidRequest({ field, message: Failure.from(thrown).message });
  }
}

function yamlOf(text: string, field: string): unknown {
  try {
    return parseYaml(text);
  } catch (thrown) {
    throw invalidRequest({ field, message: Failure.from(thrown).message });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
