/** What texts say, kept by their place: a text that is the one of last time is not read again. */
interface Known {
  readonly text: string;
  readonly value: unknown;
}

export class KnownTexts {
  private readonly byPlace = new Map<string, Known>();
  private readonly lengthMax: number;
  private length = 0;

  /** @param lengthMax characters that are kept of all texts together; those kept longest go first */
  constructor(lengthMax = Infinity) {
    this.lengthMax = lengthMax;
  }

  /** @param place each is read in one way, and nobody changes what was read */
  read<T>(place: string, text: string, reader: (text: string) => T): T {
    const known = this.byPlace.get(place);
    if (known?.text === text) return known.value as T;
    const value = reader(text);
    this.remember(place, text, value);
    return value;
  }

  /** What the text of a place was read as; undefined where another one was, or none. */
  find(place: string, text: string): unknown {
    const known = this.byPlace.get(place);
    return known?.text === text ? known.value : undefined;
  }

  remember(place: string, text: string, value: unknown): void {
    // Where all are kept none is the oldest.
    if (this.lengthMax === Infinity) {
      this.byPlace.set(place, { text, value });
      return;
    }
    this.length += text.length - (this.byPlace.get(place)?.text.length ?? 0);
    this.byPlace.delete(place);
    this.byPlace.set(place, { text, value });
    for (const [oldest, { text }] of this.byPlace) {
      if (this.length <= this.lengthMax) return;
      this.byPlace.delete(oldest);
      this.length -= text.length;
    }
  }
}
