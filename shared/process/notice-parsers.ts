/** Settings of notices, each refused with a sentence that says what it may be. */
import { Failure } from '#shared/kernel/failure.ts';

export function webAddress(value: string): string {
  const isOne = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  return isOne ? value : bad(`"${value.slice(0, 80)}" is no http or https address`);
}

/** Hours of the day in UTC: `22-7`. */
export function quietHours(value: string): { readonly from: number; readonly until: number } {
  const [, from, until] = /^(\d{1,2})-(\d{1,2})$/.exec(value) ?? [];
  const hours = { from: Number(from), until: Number(until) };
  const isOne = [hours.from, hours.until].every((hour) => hour >= 0 && hour <= 23);
  return isOne ? hours : bad('two hours from 0 to 23, like 22-7');
}

function bad(message: string): never {
  throw new Failure('INVALID_REQUEST', message);
}
