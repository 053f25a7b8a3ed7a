/** The dead-man's switch: which parts have been silent for too long. */
import { HOUR_MS, isoText, type Instant } from '#shared/kernel/instant.ts';
import type { TradingReason } from './trading-control.ts';

/** 0 switches one of them off. */
export interface SilenceLimits {
  readonly connectorSilenceMaxMs: number;
  readonly boardSilenceMaxMs: number;
  readonly priceSilenceMaxHours: number;
}

export interface LastSignals {
  /** Last sign of each part, by name. */
  readonly pulses: ReadonlyMap<string, Instant>;
  /** By the clock that connector and boards go by. */
  readonly now: Instant;
  /** By the clock that prices are fetched by. */
  readonly marketNow: Instant;
}

interface Part {
  readonly code: string;
  readonly name: string;
  readonly limitMs: number;
  readonly now: Instant;
}

/** A part that was never heard of is not part of this installation, and not missed. */
export function silenceReasons(signals: LastSignals, limits: SilenceLimits): TradingReason[] {
  return [...signals.pulses].flatMap(([name, at]) => {
    const part = partOf(name, signals, limits);
    if (!part || part.limitMs === 0 || part.now - at <= part.limitMs) return [];
    return [{ code: part.code, state: 'HALTED' as const, message: silentText(part, at) }];
  });
}

function partOf(name: string, signals: LastSignals, limits: SilenceLimits): Part | undefined {
  const { now, marketNow } = signals;
  if (name === 'connector') {
    const limitMs = limits.connectorSilenceMaxMs;
    return { code: 'connector-silent', name: 'the connector', limitMs, now };
  }
  if (name === 'prices') {
    const limitMs = limits.priceSilenceMaxHours * HOUR_MS;
    return { code: 'prices-silent', name: 'the source of prices', limitMs, now: marketNow };
  }
  if (!name.startsWith('board:')) return undefined;
  const board = `the board ${name.slice('board:'.length)}`;
  return { code: 'board-silent', name: board, limitMs: limits.boardSilenceMaxMs, now };
}

function silentText({ name, limitMs, now }: Part, at: Instant): string {
  return `${name} has been silent since ${isoText(at)}, ${spanText(now - at)} (at most ${spanText(limitMs)})`;
}

function spanText(ms: number): string {
  return ms < HOUR_MS ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / HOUR_MS)} h`;
}
