/** What an import would book: each row once, by its own id or by its content. */
import type { StatementCover } from '#shared/clients/broker/broker.ts';
import { startOf } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { isIsin, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { isSameAction } from './placed-action.ts';
import { Placer, type ImportAround, type Placed } from './placer.ts';
import type { ReadImport } from './read-import.ts';
import { IMPORT_PREFIX } from './undo.ts';
import type { LeftRow } from './formats/transaction.ts';

export interface ImportPlan extends Placed {
  /** By which it is undone as a whole; empty where it books nothing. */
  readonly importId: string;
  /** Rows that cannot be placed, and why. */
  readonly left: readonly LeftRow[];
}

/** ISINs that a file names, or whose symbols it names. */
export function isinsIn(
  { transactions, actions }: ReadImport,
  isinOf: ImportAround['isinOf'],
): ReadonlySet<Isin> {
  const named = [...transactions, ...actions].flatMap(({ isin, symbol }) =>
    isin && isIsin(isin.toUpperCase())
      ? parseIsin(isin.toUpperCase())
      : (symbol && isinOf(symbol)) || [],
  );
  return new Set(named);
}

export function importPlan(file: ReadImport, around: ImportAround): ImportPlan {
  const { format, transactions, actions, left } = file;
  const placer = new Placer(format, around, transactions);
  const steps: Step[] = [
    ...transactions.map((row) => ({
      at: row.at,
      line: row.line,
      place: (mayWait: boolean) => placer.place(row, mayWait),
    })),
    ...actions.map((row) => ({ at: row.at, line: -1, place: () => placer.placeAction(row) })),
    ...(file.countsInSharesOfToday ? [] : unstated(file, around)).map((action) => ({
      ...{ at: startOf(action.day), line: -1, place: () => placer.placeDeclared(action) },
    })),
  ];
  for (const moment of momentsOf(steps)) {
    const waiting = moment.filter(({ place }) => place(true) === false);
    for (const { place } of waiting) place(false);
  }
  const placed = placer.plan();
  const plan = { ...placed, known: placed.known + file.repeated };
  const source = idOf(plan);
  const covered = coverOf(file, around.now);
  return {
    ...plan,
    movements: plan.movements.map((one) => ({
      ...{ ...one, source },
      ...(one.quantity && { covered }),
    })),
    actions: plan.actions.map((one) => ({ ...one, source, covered })),
    importId: source,
    left: [...left, ...placer.left].sort((a, b) => a.line - b.line),
  };
}

/** A step of the plan, in the order of time; an action comes before what moves at its moment. */
interface Step {
  readonly at: Instant;
  readonly line: number;
  /** @returns false where it waits for the others of its moment: a file whose newest row stands first has a sale before its purchase */
  readonly place: (mayWait: boolean) => boolean | void;
}

/** Steps of one moment, in the file's order. */
function momentsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const moments = new Map<Instant, Step[]>();
  for (const step of steps.toSorted((a, b) => a.at - b.at || a.line - b.line))
    moments.set(step.at, [...(moments.get(step.at) ?? []), step]);
  return [...moments.values()];
}

/** Splits that the market knows and the file leaves out: its quantities need them. */
function unstated(
  file: ReadImport,
  { declared, isinOf }: ImportAround,
): readonly CorporateAction[] {
  const stated = file.actions.map(({ kind, at, isin, symbol }) => ({
    ...{
      kind,
      at,
      isin: isin ? (isin.toUpperCase() as Isin) : symbol ? isinOf(symbol) : undefined,
    },
  }));
  return declared.filter(
    (action) =>
      (action.kind === 'split' || action.kind === 'stock-dividend') &&
      !stated.some((one) => isSameAction(one, { ...action, at: startOf(action.day) })),
  );
}

/** What a program counts in the shares of today has all splits up to now. */
function coverOf(
  { transactions, actions, countsInSharesOfToday }: ReadImport,
  now: Instant,
): StatementCover {
  const last = Math.max(...[...transactions, ...actions].map(({ at }) => at));
  return { sharesUntil: countsInSharesOfToday ? now : (last as Instant), cashUntil: now };
}

/** The same rows make the same id. */
function idOf({ format, movements, actions }: Placed): string {
  const ids = [
    ...movements.map(({ flowId }) => flowId),
    ...actions.map(({ actionId }) => actionId),
  ];
  return ids.length === 0 ? '' : `${IMPORT_PREFIX}${format}:${shortHash(ids)}`;
}
