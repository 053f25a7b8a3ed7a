/**
 * What happens to a share beside trading. An action is known by its id, and takes effect before the
 * market opens on its day (the ex-date): whoever held the share then has what it says.
 */
import { present } from './assert.ts';
import type { CalendarDay } from './calendar-day.ts';
import { Decimal } from './decimal.ts';
import { invalidRequest, type FieldViolation } from './failure.ts';
import type { Isin } from './isin.ts';
import type { Price } from './price.ts';

/**
 * | kind             | what it does                                                                        |
 * |------------------|-------------------------------------------------------------------------------------|
 * | `split`          | `newShares` for `oldShares`; fewer in a reverse split                               |
 * | `dividend`       | `amount` a share in cash, less `taxRatio` of it                                     |
 * | `stock-dividend` | `newShares` more for each `oldShares`; income where `amount` says what one is worth |
 * | `spin-off`       | `newShares` of `newIsin` for `oldShares`; `costRatio` of the cost goes with them    |
 * | `merger`         | `newShares` of `newIsin` for `oldShares`, or `amount` a share in cash, or both      |
 * | `rename`         | another ISIN, another symbol, or both                                               |
 * | `delisting`      | the shares end; `amount` a share is paid, nothing where it is absent                |
 * | `no-split`       | nothing: a suspected split on that day was a real change of the price               |
 */
export const actionKinds = [
  'split',
  'dividend',
  'stock-dividend',
  'spin-off',
  'merger',
  'rename',
  'delisting',
  'no-split',
] as const;
export type ActionKind = (typeof actionKinds)[number];

export interface CorporateAction {
  readonly actionId: string;
  readonly kind: ActionKind;
  readonly isin: Isin;
  /** Ex-date: the first day on which the share trades without what the action gives. */
  readonly day: CalendarDay;
  /** When cash is paid; the ex-date where absent. */
  readonly payDay?: CalendarDay | undefined;
  readonly newShares?: Decimal | undefined;
  readonly oldShares?: Decimal | undefined;
  /** Cash for each share held before, gross. */
  readonly amount?: Price | undefined;
  /** Withheld from a dividend. */
  readonly taxRatio?: Decimal | undefined;
  readonly newIsin?: Isin | undefined;
  readonly newSymbol?: string | undefined;
  /** Spin-off: share of the cost that the new shares take. Merger: share that the cash takes. */
  readonly costRatio?: Decimal | undefined;
  /** Paid for a whole new share where a fraction of one would be left; fractions stay where absent. */
  readonly fractionPrice?: Price | undefined;
  /** `owner`, `file`, or the provider's name. */
  readonly source: string;
}

type Field = Exclude<keyof CorporateAction, 'actionId' | 'kind' | 'isin' | 'day' | 'source'>;

interface Rule {
  readonly needs: readonly Field[];
  readonly takes: readonly Field[];
}

const SHARES = ['newShares', 'oldShares'] as const;
type ShareTerm = (typeof SHARES)[number];

const rules: Readonly<Record<ActionKind, Rule>> = {
  split: { needs: SHARES, takes: ['fractionPrice'] },
  dividend: { needs: ['amount'], takes: ['payDay', 'taxRatio'] },
  'stock-dividend': { needs: SHARES, takes: ['amount', 'fractionPrice'] },
  'spin-off': {
    needs: [...SHARES, 'newIsin', 'costRatio'],
    takes: ['newSymbol', 'fractionPrice'],
  },
  merger: {
    needs: [],
    takes: [...SHARES, 'newIsin', 'newSymbol', 'amount', 'costRatio', 'fractionPrice'],
  },
  rename: { needs: [], takes: ['newIsin', 'newSymbol'] },
  delisting: { needs: [], takes: ['amount'] },
  'no-split': { needs: [], takes: [] },
};

/** The terms that a kind of action must have, and those that it may have beside. */
export function actionTermsOf(kind: ActionKind): Rule {
  return rules[kind];
}

export const actionFields: readonly Field[] = [
  'payDay',
  ...SHARES,
  'amount',
  'taxRatio',
  'newIsin',
  'newSymbol',
  'costRatio',
  'fractionPrice',
];

/** An action without an id is known by what it is: the same one comes from every source alike. */
export type StatedAction = Omit<CorporateAction, 'actionId'> & { readonly actionId?: string };

/** @throws Failure INVALID_REQUEST naming each field that is missing, wrong, or not of this kind */
export function corporateAction(stated: StatedAction): CorporateAction {
  const violations = [...fieldViolations(stated), ...valueViolations(stated)];
  if (violations.length > 0) throw invalidRequest(...violations);
  return { ...stated, actionId: stated.actionId ?? idOf(stated) };
}

function idOf({ kind, isin, day }: StatedAction): string {
  return `${kind}-${isin}-${day}`;
}

function fieldViolations(action: StatedAction): FieldViolation[] {
  const { needs, takes } = rules[action.kind];
  const allowed = new Set([...needs, ...takes]);
  return actionFields.flatMap((field): FieldViolation[] => {
    const isThere = action[field] !== undefined;
    if (needs.includes(field) && !isThere)
      return [{ field, message: `is needed for a ${action.kind}` }];
    if (!allowed.has(field) && isThere)
      return [{ field, message: `does not belong to a ${action.kind}` }];
    return [];
  });
}

function valueViolations(action: StatedAction): FieldViolation[] {
  const wrong = (field: Field, isWrong: boolean, message: string): FieldViolation[] =>
    isWrong ? [{ field, message }] : [];
  const { newShares, oldShares, taxRatio, costRatio, newIsin, newSymbol, amount } = action;
  const isMerger = action.kind === 'merger';
  const hasNew = newIsin !== undefined;
  return [
    ...wrong('newShares', newShares !== undefined && newShares.sign <= 0, 'is above 0'),
    ...wrong('oldShares', oldShares !== undefined && oldShares.sign <= 0, 'is above 0'),
    ...wrong('taxRatio', taxRatio !== undefined && !isRatio(taxRatio), 'is from 0 to 1'),
    ...wrong('costRatio', costRatio !== undefined && !isRatio(costRatio), 'is from 0 to 1'),
    ...wrong('newIsin', newIsin === action.isin, 'is the ISIN before'),
    ...wrong('payDay', (action.payDay ?? action.day) < action.day, 'is not before the day'),
    ...wrong('newIsin', isMerger && !hasNew && !amount, 'is needed where a merger pays no cash'),
    ...wrong('newShares', isMerger && hasNew !== (newShares !== undefined), 'goes with newIsin'),
    ...wrong('oldShares', isMerger && hasNew !== (oldShares !== undefined), 'goes with newIsin'),
    ...wrong(
      'newIsin',
      action.kind === 'rename' && !hasNew && !newSymbol,
      'or newSymbol is needed for a rename',
    ),
    ...wrong(
      'newShares',
      action.kind === 'split' && !!newShares && !!oldShares && newShares.equals(oldShares),
      'differs from oldShares',
    ),
  ];
}

function isRatio(value: Decimal): boolean {
  return value.sign >= 0 && value.compare(Decimal.one) <= 0;
}

/** @throws Failure BUG for an action that has no ratio; `corporateAction` lets none pass that needs one */
export function sharesRatioOf({
  newShares,
  oldShares,
}: Pick<CorporateAction, 'newShares' | 'oldShares'>): {
  readonly newShares: Decimal;
  readonly oldShares: Decimal;
} {
  return {
    newShares: present(newShares, 'such an action says how many shares are new'),
    oldShares: present(oldShares, 'such an action says for how many shares'),
  };
}

/** The terms an action states, as every record of it keeps them; without those that are absent. */
export function actionTerms(
  action: Partial<Pick<CorporateAction, 'newIsin' | 'newSymbol' | ShareTerm | 'costRatio'>>,
): typeof action {
  const { newIsin, newSymbol, newShares, oldShares, costRatio } = action;
  return {
    ...(newIsin && { newIsin }),
    ...(newSymbol !== undefined && { newSymbol }),
    ...(newShares && { newShares }),
    ...(oldShares && { oldShares }),
    ...(costRatio && { costRatio }),
  };
}

/** Shares after for each share before; 1 where the number does not change. */
export function sharesRatio({ kind, newShares, oldShares }: CorporateAction): number {
  if (!newShares || !oldShares) return 1;
  const ratio = newShares.toEstimate() / oldShares.toEstimate();
  if (kind === 'split') return ratio;
  return kind === 'stock-dividend' ? 1 + ratio : 1;
}

/** Shares of today for each share of a day: the splits after it, up to today. */
export function splitFactor(
  actions: readonly CorporateAction[],
  isin: Isin,
  after: CalendarDay,
  today: CalendarDay,
): number {
  return actions
    .filter((action) => action.isin === isin && action.day > after && action.day <= today)
    .reduce((factor, action) => factor * sharesRatio(action), 1);
}

/** Whether two statements say the same, whoever made them. */
export function saysTheSame(a: CorporateAction, b: CorporateAction): boolean {
  const plain = ({ source: _who, ...rest }: CorporateAction): string =>
    JSON.stringify(
      actionFields.map((field) => normalized(rest[field])).concat(rest.kind, rest.isin, rest.day),
    );
  return plain(a) === plain(b);
}

function normalized(value: CorporateAction[Field]): string | null {
  if (value === undefined) return null;
  return value instanceof Decimal ? value.normalize().toString() : JSON.stringify(value);
}
