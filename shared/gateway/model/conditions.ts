/**
 * Conditions over time: each is told once when it has lasted long enough, and once more when it has ended.
 * One that comes and goes is told at most every 15, 30, 60, … minutes.
 */
export interface Condition {
  /** The same condition has the same name, such as `board-away:trading`. */
  readonly name: string;
  readonly forMinutes: number;
}

export interface Spell {
  readonly sinceMs: number;
  /** Absent while it holds. */
  readonly endedMs?: number | undefined;
  readonly isTold: boolean;
  /** How often it was told within a day, and when last. */
  readonly told: number;
  readonly lastToldMs: number;
}

export type Spells = Readonly<Record<string, Spell>>;

export interface Changed {
  readonly spells: Spells;
  /** To be told now, with since when it holds. */
  readonly began: ReadonlyMap<string, number>;
  /** Told before and over now. */
  readonly ended: ReadonlyMap<string, number>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FLAP_MINUTES = 15;

export function conditionsAfter(
  before: Spells,
  present: readonly Condition[],
  nowMs: number,
): Changed {
  const spells: Record<string, Spell> = {};
  const began = new Map<string, number>();
  const ended = new Map<string, number>();
  for (const { name, forMinutes } of present) {
    const spell = ongoing(before[name], nowMs);
    const isDue = !spell.isTold && isLongEnough(spell, forMinutes, nowMs);
    if (isDue) began.set(name, spell.sinceMs);
    spells[name] = isDue ? toldAt(spell, nowMs) : spell;
  }
  for (const [name, spell] of Object.entries(before)) {
    if (name in spells) continue;
    if (spell.endedMs === undefined && spell.isTold) ended.set(name, spell.sinceMs);
    const over = { ...spell, endedMs: spell.endedMs ?? nowMs };
    if (nowMs - over.endedMs < DAY_MS) spells[name] = over;
  }
  return { spells, began, ended };
}

function ongoing(known: Spell | undefined, nowMs: number): Spell {
  if (known?.endedMs === undefined && known !== undefined) return known;
  const { told = 0, lastToldMs = 0 } = known ?? {};
  return { sinceMs: nowMs, isTold: false, told, lastToldMs };
}

function isLongEnough({ sinceMs, told, lastToldMs }: Spell, forMinutes: number, nowMs: number) {
  const quietMs = told === 0 ? 0 : FLAP_MINUTES * MINUTE_MS * 2 ** Math.min(told - 1, 6);
  return nowMs - sinceMs >= forMinutes * MINUTE_MS && nowMs - lastToldMs >= quietMs;
}

function toldAt(spell: Spell, nowMs: number): Spell {
  return { ...spell, isTold: true, told: spell.told + 1, lastToldMs: nowMs };
}
