/**
 * A field of a hash whose value is kept. Where state lies in this process nobody else reads its text, which is made only
 * when it is asked for as text.
 */
export class KeptField<T = unknown> {
  readonly value: T;
  private readonly write: () => string;
  private written: string | undefined;

  constructor(value: T, write: () => string) {
    this.value = value;
    this.write = write;
  }

  get text(): string {
    return (this.written ??= this.write());
  }
}

/** A field as it is stored: the same one says the same. */
export type StoredField<T = unknown> = string | KeptField<T>;

export function textOf(field: StoredField): string {
  return typeof field === 'string' ? field : field.text;
}
