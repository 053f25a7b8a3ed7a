/** The figures of a portfolio in the shape a row expects them. */
import { dot, quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { given, named, numberOf } from '../rows/row-conventions.ts';
import { NotSupported, type AnchorRow } from '../rows/anchor-row.ts';

export interface Figures {
  readonly names: readonly string[];
  readonly weights: Float64Array;
  readonly expectedReturn: number;
  /** Volatility, CVaR and so on. */
  readonly risk: number;
  /** Excess return over risk. */
  readonly ratio: number;
  /** Of turning points. */
  readonly lambda?: number | undefined;
}

export function figuresOf(
  names: readonly string[],
  weights: Float64Array,
  expected: Float64Array,
  covariance: Rows,
  riskFree: number,
): Figures {
  const expectedReturn = dot(expected, weights);
  const risk = Math.sqrt(quadratic(covariance, weights));
  return { names, weights, expectedReturn, risk, ratio: (expectedReturn - riskFree) / risk };
}

/** Figures in order where the row lists them; else weights, or a record, or the figure it names. */
export function inShape(row: AnchorRow, figures: Figures): unknown {
  const { expected } = row;
  const { weights, names } = figures;
  const listed = given(row, 'performance', 'output', 'returns_', 'value');
  if (Array.isArray(expected)) {
    const isPerformance = typeof listed === 'string' || expected.length !== weights.length;
    return isPerformance ? performance(listed, expected.length, figures) : Array.from(weights);
  }
  if (expected !== null && typeof expected === 'object') {
    const keys = Object.keys(expected);
    if (names.length > 0 && keys.every((key) => names.includes(key)))
      return named(row, names, weights);
    return Object.fromEntries(
      keys.map((key) => {
        const own = { ...row, expected: (expected as Record<string, unknown>)[key] };
        return [
          key,
          /weight|^w$|^x$/i.test(key) ? named(own, names, weights) : figure(key, figures),
        ];
      }),
    );
  }
  if (/return|vol|var|risk|sharpe|ratio|deviation/i.test(typeof listed === 'string' ? listed : ''))
    return figure(String(listed), figures);
  return figure(row.operation, figures);
}

function performance(listed: unknown, length: number, figures: Figures): number[] {
  const inside = typeof listed === 'string' ? /\[(.*?)\]/.exec(listed)?.[1] : undefined;
  const parts = inside ? splitOutside(inside) : [];
  const names = parts.length === length ? parts : ['return', 'risk', 'ratio'].slice(0, length);
  if (names.length < length) throw new NotSupported('more figures than a portfolio has');
  return names.map((part) => figure(part, figures));
}

/** At commas that are not within brackets. */
function splitOutside(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const sign of text) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (sign === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += sign;
  }
  return parts;
}

/** The first figure that a text names. */
function figure(text: string, figures: Figures): number {
  const { expectedReturn, risk, ratio, lambda } = figures;
  const plain = text.toLowerCase();
  if (/\/\s*(vol|risk|sd|semi|cvar)|sharpe ratio|^\s*sharpe|sortino|ratio/.test(plain))
    return ratio;
  if (/lambda/.test(plain) && lambda !== undefined) return lambda;
  const order = [
    [/semi\W*variance|(^|\W)variance|\bvar\b/, risk * risk],
    [/vol|risk|\bsd\b|std|deviation|cvar|cdar|drawdown|sqrt\(w's|mean\(min\(r/, risk],
    [/return|mu'w|\bmu\b/, expectedReturn],
  ] as const;
  const found = order
    .map(([pattern, value]) => ({ place: plain.search(pattern), value }))
    .filter(({ place }) => place >= 0)
    .sort((a, b) => a.place - b.place)[0];
  if (!found) throw new NotSupported(`no figure "${text}"`);
  return found.value;
}

/**
 * The risk-free rate of the figures: of the text that lists them, else the row's, else the one its
 * publisher's performance tables take.
 */
export function riskFreeOfFigures(row: AnchorRow): number {
  const listed = String(given(row, 'performance', 'output') ?? '');
  const stated =
    /(?:rf|risk.free(?:.rate)?)\s*(?:=|of|is)?\s*(\d*\.?\d+)/i.exec(listed)?.[1] ??
    /-\s*(\d*\.\d+)\s*\)\s*\//.exec(listed)?.[1];
  if (stated !== undefined) return Number(stated);
  const usual = /pyportfolioopt/i.test(row.source?.repo ?? '') ? 0.02 : 0;
  return numberOf(row, 'risk_free_rate', 'risk_free', 'rf') ?? usual;
}
