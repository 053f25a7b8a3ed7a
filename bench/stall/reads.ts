/** Reads at a steady pace, whether or not the ones before were answered. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from './timed-post.ts';

const PER_SECOND = 100;
const INTERVAL_MS = 1_000 / PER_SECOND;

export interface Read {
  readonly url: string;
  readonly body: string;
}

export class Reads {
  /** From the moment a read was due until its answer was whole, in ms. */
  readonly latencies: number[] = [];
  private readonly read: Read;
  private readonly agent = new Agent({ keepAlive: true });

  constructor(read: Read) {
    this.read = read;
  }

  /** @throws Error when a read is not answered with 200 */
  async run(ms: number): Promise<void> {
    const startedAt = performance.now();
    const answers: Promise<void>[] = [];
    for (let i = 0; i * INTERVAL_MS < ms; i += 1) {
      const dueAt = startedAt + i * INTERVAL_MS;
      await sleep(Math.max(0, dueAt - performance.now()));
      const answer = this.ask().then(() => void this.latencies.push(performance.now() - dueAt));
      answer.catch(() => undefined);
      answers.push(answer);
    }
    await Promise.all(answers);
  }

  close(): void {
    this.agent.destroy();
  }

  private async ask(): Promise<void> {
    await post({ ...this.read, agent: this.agent });
  }
}
