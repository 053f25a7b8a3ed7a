/** A test of one row of the sheet; its number stands in the title, where the document finds it. */
import { rows } from '../../scripts/conformance/conformance-rows.ts';

/** @param number as the sheet numbers it */
export function row(number: number, work: () => Promise<void>, timeoutMs?: number): void {
  const found = rows.find((one) => one.number === number);
  if (!found) throw new Error(`the sheet has no row ${number}`);
  test(`#${number} [${found.level}] ${found.behaviour}`, work, timeoutMs);
}
