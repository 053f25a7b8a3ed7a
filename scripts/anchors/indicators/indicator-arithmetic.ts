/** Rows of plain arithmetic, element by element, which libraries of indicators list among them. */
import { combined } from '#shared/quant/indicators/windows.ts';
import type { Indicator } from './indicator-averages.ts';

const single: Readonly<Record<string, (value: number) => number>> = {
  ...{ abs: Math.abs, ceil: Math.ceil, floor: Math.floor, round: Math.round, trunc: Math.trunc },
  ...{ sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos },
  ...{ atan: Math.atan, sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, sqrt: Math.sqrt },
  ...{ exp: Math.exp, ln: Math.log, log10: Math.log10 },
  todeg: (angle) => (angle * 180) / Math.PI,
  torad: (angle) => (angle * Math.PI) / 180,
};

const double: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

export const arithmetic: readonly Indicator[] = [
  ...Object.entries(single).map(([name, of]): Indicator => [
    new RegExp(`^${name}$`),
    (input) => [[name, input.nth(0).map((value) => of(value))]],
  ]),
  ...Object.entries(double).map(([name, of]): Indicator => [
    new RegExp(`^${name}$`),
    (input) => [[name, combined(of, input.nth(0), input.nth(1))]],
  ]),
];
