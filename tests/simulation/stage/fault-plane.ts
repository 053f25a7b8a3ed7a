/**
 * Intercepts every effect of one process: each Redis command, each call of the broker, each call of
 * another function, each record written outside Redis. At one of them, counted from 1, it injects a
 * fault.
 */
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import type { Random } from '#shared/kernel/random.ts';

export type EffectKind = 'read' | 'write' | 'broker' | 'call' | 'record';

/** What happens at the effect. */
export type Happening =
  /** The process dies: nothing that it does later has an effect. */
  | { readonly kind: 'crash' }
  /** The effect fails and the process lives on. */
  | { readonly kind: 'failure' }
  /** Something else happens meanwhile. */
  | { readonly kind: 'meanwhile'; readonly happens: () => Promise<void> };

export interface Fault {
  /** Which of the effects of the kinds below, from 1; Infinity: none. */
  readonly at: number;
  readonly among: readonly EffectKind[];
  /** Before the effect, or after it and before the process hears of it. */
  readonly when: 'before' | 'after';
  readonly happening: Happening;
}

export const allEffects: readonly EffectKind[] = ['read', 'write', 'broker', 'call', 'record'];

/** Commands of Redis that change nothing. */
const reads =
  /^(get|hget|hmget|hgetall|hkeys|hvals|lrange|lindex|smembers|sismember|z(rev)?range.*|zcard|exists|pttl)$/;

export function kindOfCommand(name: string): EffectKind {
  return reads.test(name) ? 'read' : 'write';
}

export const noFault: Fault = {
  at: Infinity,
  among: allEffects,
  when: 'before',
  happening: { kind: 'failure' },
};

export class FaultPlane {
  /** Effects of the fault's kinds so far. */
  count = 0;
  isDead = false;
  /** Names of the effects, in order; for a report of a violation. */
  readonly trace: string[] = [];
  /** Name of the effect that was struck. */
  struck: string | undefined;
  /** Resolves when the process dies. */
  readonly death: Promise<void>;
  private readonly fault: Fault;
  private readonly jitter: Random | undefined;
  private readonly controller = new AbortController();
  private die: () => void = () => undefined;

  /** @param jitter delays each effect by some turns of the event loop, to interleave processes */
  constructor(fault: Fault, jitter?: Random) {
    this.fault = fault;
    this.jitter = jitter;
    this.death = new Promise((resolve) => (this.die = resolve));
  }

  /** Aborts at the death of the process. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  async around<T>(kind: EffectKind, name: string, act: () => Promise<T>): Promise<T> {
    if (this.isDead) throw lost(kind, DEAD);
    const { fault } = this;
    const counted = fault.among.includes(kind);
    if (counted) this.count += 1;
    const strikes = counted && this.count === fault.at;
    this.trace.push(`${name}${strikes ? ` <- ${fault.happening.kind} ${fault.when}` : ''}`);
    if (strikes) this.struck = name;
    if (this.jitter) await turns(Math.floor(this.jitter() * 3));
    if (strikes && fault.when === 'before') await this.strike(kind);
    // It may have died meanwhile.
    if (this.isDead) throw lost(kind, DEAD);
    if (!strikes || fault.when === 'before') return this.heard(kind, await act());
    const result = await act();
    await this.strike(kind);
    return this.heard(kind, result);
  }

  /** The process may have died while the effect was on its way. */
  private heard<T>(kind: EffectKind, result: T): T {
    if (this.isDead) throw lost(kind, DEAD);
    return result;
  }

  private async strike(kind: EffectKind): Promise<void> {
    const { happening } = this.fault;
    if (happening.kind === 'meanwhile') return happening.happens();
    if (happening.kind !== 'crash') throw lost(kind);
    this.kill();
    throw lost(kind, DEAD);
  }

  /** Nothing that the process does later has an effect. */
  kill(): void {
    this.isDead = true;
    this.controller.abort(new Failure('CANCELLED', 'The process died.'));
    this.die();
  }
}

/** Marks what the code of a dead process still throws; there is nobody left to handle it. */
const DEAD = '(dead)';

/** Whether a rejection that nobody handled is one of a process that lives. */
export function isOfTheLiving(reason: unknown): boolean {
  return !String(reason).includes(DEAD);
}

function lost(kind: EffectKind, mark = ''): Error {
  if (kind === 'read' || kind === 'write') return new Error(`Connection is closed. ${mark}`);
  if (kind === 'record') return new Error(`EIO: i/o error, write ${mark}`);
  return unavailable(`${kind === 'broker' ? 'The broker' : 'The function'} ${mark}`.trim());
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1)
    await new Promise<void>((resolve) => setImmediate(resolve));
}
