/**
 * Corporate actions from the rows of a file: most brokers write one as shares that go and shares that come, in rows of
 * their own.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { ImportedAction, ImportedActionKind, LeftRow, SharesRatio } from './transaction.ts';

/** Shares that an action took or brought. */
export interface ActionLeg {
  readonly line: number;
  readonly rowId?: string | undefined;
  readonly content: string;
  /** `exchange`: the securities decide whether it is a split, a new name or a merger. */
  readonly kind: ImportedActionKind | 'exchange';
  /** Legs of one action have the same. */
  readonly group: string;
  readonly at: Instant;
  /** The security that the action is of, where the row says it beside that of its shares. */
  readonly parentIsin?: string | undefined;
  readonly isin?: string | undefined;
  readonly symbol?: string | undefined;
  /** Signed. */
  readonly shares: Decimal;
  readonly ratio?: SharesRatio | undefined;
  readonly cash?: Decimal | undefined;
  readonly currency?: string | undefined;
  readonly rate?: Decimal | undefined;
}

export interface ReadActions {
  readonly actions: readonly ImportedAction[];
  readonly left: readonly LeftRow[];
}

/** Legs that make no action are left, each by its line. */
export function actionsFrom(legs: readonly ActionLeg[]): ReadActions {
  const groups = new Map<string, ActionLeg[]>();
  for (const leg of legs) groups.set(leg.group, [...(groups.get(leg.group) ?? []), leg]);
  const actions: ImportedAction[] = [];
  const left: LeftRow[] = [];
  for (const group of groups.values()) {
    const made = actionOf(group);
    if (typeof made !== 'string') actions.push(made);
    else for (const { line } of group) left.push({ line, reason: made });
  }
  return { actions, left };
}

function actionOf(legs: readonly ActionLeg[]): ImportedAction | string {
  const outgoing = legs.filter(({ shares }) => shares.sign < 0);
  const incoming = legs.filter(({ shares }) => shares.sign > 0);
  const [out, into] = [joined(outgoing), joined(incoming)];
  if (out === 'several' || into === 'several')
    return 'a corporate action with several securities on one side, to be entered by trader action';
  const first = out ?? into ?? legs[0];
  if (!first) return 'a corporate action without shares';
  const common = {
    ...{ line: first.line, rowId: first.rowId, at: first.at, ratio: first.ratio },
    content: legs.map(({ content }) => content).join('\u001e'),
    ...moneyOf(legs),
  };
  if (out && into) return { ...common, ...exchanged(out, into) };
  return { ...common, ...oneSided(first) };
}

/** The same security's legs as one; undefined for none. */
function joined(legs: readonly ActionLeg[]): ActionLeg | 'several' | undefined {
  const [first, ...others] = legs;
  if (!first) return undefined;
  if (others.some((leg) => nameOf(leg) !== nameOf(first))) return 'several';
  const shares = legs.reduce((sum, leg) => sum.add(leg.shares), Decimal.zero);
  return { ...first, shares };
}

type Effect = Pick<ImportedAction, 'kind'> & Partial<ImportedAction>;

function exchanged(out: ActionLeg, into: ActionLeg): Effect {
  const { isin, symbol } = out;
  const sharesBefore = out.shares.absolute();
  const own = { isin, symbol, sharesBefore };
  if (nameOf(out) === nameOf(into)) {
    const kind = out.kind === 'exchange' ? 'split' : out.kind;
    return { kind, ...own, sharesAfter: into.shares };
  }
  const received = { newIsin: into.isin, newSymbol: into.symbol, sharesReceived: into.shares };
  // Other shares for the same number, without cash: the security has a new name.
  const isRename = out.kind !== 'merger' && sharesBefore.equals(into.shares);
  return { kind: isRename ? 'rename' : 'merger', ...own, ...received };
}

function oneSided(leg: ActionLeg): Effect {
  const { isin, symbol, shares, parentIsin } = leg;
  const kind = leg.kind === 'exchange' ? 'split' : leg.kind;
  const comesBeside = parentIsin !== undefined && parentIsin !== isin && shares.sign > 0;
  if (kind === 'spin-off' || comesBeside)
    return {
      ...{ kind, isin: parentIsin, newIsin: isin, newSymbol: symbol, sharesReceived: shares },
    };
  const own = { kind, isin: parentIsin ?? isin, symbol };
  if (kind === 'merger' || kind === 'delisting') return { ...own, sharesBefore: shares.absolute() };
  return { ...own, sharesChange: shares };
}

function moneyOf(legs: readonly ActionLeg[]): Pick<ImportedAction, 'cash' | 'currency' | 'rate'> {
  const paid = legs.filter(({ cash }) => cash && cash.sign !== 0);
  const [first] = paid;
  if (!first) return { currency: '' };
  const cash = paid.reduce((sum, leg) => sum.add(leg.cash ?? Decimal.zero), Decimal.zero);
  return { cash, currency: first.currency ?? '', rate: first.rate };
}

function nameOf({ isin, symbol }: ActionLeg): string {
  return isin ?? symbol ?? '';
}
