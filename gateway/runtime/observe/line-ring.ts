/** The newest lines of one function, within a number of lines and of characters. */
export interface LogLine {
  readonly atMs: number;
  /** Which of the function's processes or threads said it. */
  readonly instance: string;
  readonly text: string;
}

/** A line whose length is known before its text is made. */
export interface KeptLine extends LogLine {
  readonly characters: number;
}

export interface LogLimits {
  /** Kept lines of one function. */
  readonly linesMax: number;
  /** Kept characters of one function. */
  readonly charactersMax: number;
}

export class LineRing {
  private readonly limits: LogLimits;
  private kept: KeptLine[] = [];
  /** Kept lines begin here; the array is cut now and then, not at every line. */
  private first = 0;
  private characters = 0;

  constructor(limits: LogLimits) {
    this.limits = limits;
  }

  push(line: KeptLine): void {
    this.kept.push(line);
    this.characters += line.characters;
    while (this.isOver()) this.dropFirst();
    if (this.first > this.limits.linesMax) {
      this.kept = this.kept.slice(this.first);
      this.first = 0;
    }
  }

  lines(): readonly LogLine[] {
    return this.kept.slice(this.first);
  }

  clear(): void {
    this.kept = [];
    this.first = 0;
    this.characters = 0;
  }

  private isOver(): boolean {
    const { linesMax, charactersMax } = this.limits;
    return this.kept.length - this.first > linesMax || this.characters > charactersMax;
  }

  private dropFirst(): void {
    this.characters -= this.kept[this.first]?.characters ?? 0;
    this.first += 1;
  }
}
