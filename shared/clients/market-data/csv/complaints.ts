/** Collects the errors of all files, so that a person can fix them in one go. */
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';

const COMPLAINTS_MAX = 100;

export class Complaints {
  private readonly violations: FieldViolation[] = [];

  add(file: string, line: number, message: string): void {
    this.violations.push({ field: `${file}:${line}`, message });
  }

  /** The value, or undefined and a complaint where parsing it fails. */
  try<T>(file: string, line: number, parseIt: () => T): T | undefined {
    try {
      return parseIt();
    } catch (thrown) {
      this.add(file, line, Failure.from(thrown).message);
      return undefined;
    }
  }

  get all(): readonly FieldViolation[] {
    return this.violations;
  }

  /** @throws Failure INVALID_REQUEST with every complaint */
  throwIfAny(): void {
    const more = this.violations.length - COMPLAINTS_MAX;
    const shown = this.violations.slice(0, COMPLAINTS_MAX);
    if (more > 0) shown.push({ field: 'and', message: `${more} more` });
    if (shown.length > 0) throw invalidRequest(...shown);
  }
}
