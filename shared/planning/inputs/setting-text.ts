/** Values of settings as JSON and back: exact decimals would come back as texts. */
import { Decimal } from '#shared/kernel/decimal.ts';

export function settingText(value: unknown): unknown {
  return value instanceof Decimal ? { $decimal: value.toString() } : value;
}

export function settingOf(text: unknown): unknown {
  const isDecimal = typeof text === 'object' && text !== null && '$decimal' in text;
  return isDecimal ? Decimal.parse(String(text.$decimal)) : text;
}
