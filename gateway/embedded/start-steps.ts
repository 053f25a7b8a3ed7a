/** The steps of a start, each with its time, reported as they end. */

export interface StepTime {
  readonly step: string;
  readonly ms: number;
}

export class StartSteps {
  readonly times: StepTime[] = [];
  private readyMs = 0;
  private readonly report: (line: string) => void;

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  /** Runs a step; `words` formats its result as one line. */
  async take<T>(step: string, work: () => Promise<T>, words: (result: T) => string): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    const ms = Math.round(performance.now() - startedAt);
    this.times.push({ step, ms });
    this.report(`${words(result)} (${ms} ms)`);
    return result;
  }

  /** From the beginning of the process until all was ready; steps overlap, and modules are read between them. */
  get totalMs(): number {
    return this.readyMs;
  }

  /** All is ready now. */
  end(): void {
    this.readyMs = Math.round(performance.now());
  }
}
