/** Linear conditions on weights in words: `w[0] >= 0.2`, `2*AAPL - FB <= 0.1`, `MA + JPM = 0.3`. */
import { NotSupported } from './anchor-row.ts';

export interface Condition {
  readonly coefficients: ReadonlyMap<number, number>;
  readonly relation: '<=' | '>=' | '=';
  readonly bound: number;
}

export function linearCondition(text: string, names: readonly string[]): Condition {
  const parts = /^(.*?)(<=|>=|==|=|<|>)(.*)$/.exec(
    text.replaceAll('≤', '<=').replaceAll('≥', '>='),
  );
  if (!parts) throw new NotSupported(`no condition "${text}"`);
  const [, left = '', sign = '', right = ''] = parts;
  const coefficients = new Map<number, number>();
  let bound = 0;
  for (const [side, factor] of [
    [left, 1],
    [right, -1],
  ] as const)
    for (const { variable, value } of termsOf(side, names))
      if (variable === undefined) bound -= factor * value;
      else coefficients.set(variable, (coefficients.get(variable) ?? 0) + factor * value);
  const relation = sign.startsWith('<') ? '<=' : sign.startsWith('>') ? '>=' : '=';
  return { coefficients, relation, bound };
}

function termsOf(side: string, names: readonly string[]) {
  const terms = side.replaceAll(/\s+/g, '').match(/[+-]?[^+-]+/g) ?? [];
  return terms.map((term) => {
    const sign = term.startsWith('-') ? -1 : 1;
    const factors = term.replace(/^[+-]/, '').split('*');
    let value = sign;
    let variable: number | undefined;
    for (const factor of factors) {
      if (/^[\d.]+(e-?\d+)?%?$/i.test(factor))
        value *= Number.parseFloat(factor) / (factor.endsWith('%') ? 100 : 1);
      else variable = variableOf(factor, names);
    }
    return { variable, value };
  });
}

function variableOf(text: string, names: readonly string[]): number {
  const number = /^[wx]\[?_?(\d+)\]?$/i.exec(text)?.[1];
  if (number !== undefined) return Number(number);
  const name = text.replace(/^[wx]\[?['"]?/i, '').replace(/['"]?\]?$/, '');
  const index = names.indexOf(text) >= 0 ? names.indexOf(text) : names.indexOf(name);
  if (index < 0) throw new NotSupported(`no variable "${text}"`);
  return index;
}
