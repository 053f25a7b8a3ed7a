/** Collects the errors of all files, so that a person can fix them in one go. */
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';

const COMPLAINTS_MAX = 100;
/** Of one kind in one file. */
const ALIKE_MAX = 5;

export class Complaints {
  private readonly violations: FieldViolation[] = [];
  private readonly alike = new Map<string, { readonly file: string; count: number }>();

  add(file: string, line: number, message: string): void {
    // What is in quotes is the cell; what is left is the kind.
    const kind = `${file} ${message.replace(/"[^"]*"/g, '')}`;
    const alike = this.alike.get(kind) ?? { file, count: 0 };
    alike.count += 1;
    this.alike.set(kind, alike);
    if (alike.count <= ALIKE_MAX) this.violations.push({ field: `${file}:${line}`, message });
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
    const more = [...this.alike.values()].filter(({ count }) => count > ALIKE_MAX);
    return [
      ...this.violations,
      ...more.map(({ file, count }) => ({
        field: file,
        message: `and ${count - ALIKE_MAX} more rows with such a fault`,
      })),
    ];
  }

  /** @throws Failure INVALID_REQUEST with every complaint */
  throwIfAny(): void {
    const { all } = this;
    const more = all.length - COMPLAINTS_MAX;
    const shown = all.slice(0, COMPLAINTS_MAX);
    if (more > 0) shown.push({ field: 'and', message: `${more} more` });
    if (shown.length > 0) throw invalidRequest(...shown);
  }
}
