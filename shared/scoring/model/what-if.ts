/** Figures that a caller puts in place of the measured ones: "what if". */
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import {
  figureNames,
  figures,
  inRange,
  isFigureName,
  type FigureName,
  type FigureValues,
} from './score-figures.ts';

/**
 * @param marketData figures by name (docs/domain/scoring.md)
 * @throws Failure INVALID_REQUEST naming each `marketData.<key>` that is no figure, or whose value
 *   the figure cannot take
 */
export function parseOverrides(marketData: ReadonlyMap<string, number>): FigureValues {
  const overrides = new Map<FigureName, number>();
  const violations: FieldViolation[] = [];
  for (const [key, value] of marketData) {
    const field = `marketData.${key}`;
    if (!isFigureName(key))
      violations.push({ field, message: `is no figure; known are ${figureNames.join(', ')}` });
    else if (!inRange(key, value))
      violations.push({ field, message: `${value} cannot be: ${figures[key].says}` });
    else overrides.set(key, value);
  }
  if (violations.length > 0) throw invalidRequest(...violations);
  return overrides;
}
