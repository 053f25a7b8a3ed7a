/**
 * Recorded responses of services, one file each, for replay offline. The present of a replay is the
 * day of the latest response.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { Failure, refused } from '#shared/kernel/failure.ts';

export interface RecordedAnswer {
  /** 200, or 404 where the service does not know what was asked for. */
  readonly status: number;
  readonly body: Buffer;
  readonly fetchedAtMs: number;
}

const schema = z.object({ status: z.number(), fetchedAtMs: z.number(), body: z.string() });

export class Recording {
  readonly replays: boolean;
  private readonly folder: string;

  constructor(folder: string, replays: boolean) {
    this.folder = folder;
    this.replays = replays;
  }

  /** @throws Failure REFUSED not-recorded */
  async read(name: string): Promise<RecordedAnswer> {
    const file = this.fileOf(name);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new Failure(
        'REFUSED',
        `The recording has no answer to ${name}.`,
        {
          rule: 'not-recorded',
          file,
        },
        cause,
      );
    }
    const { status, fetchedAtMs, body } = schema.parse(JSON.parse(text));
    return { status, fetchedAtMs, body: Buffer.from(body, 'base64') };
  }

  async write(name: string, { status, fetchedAtMs, body }: RecordedAnswer): Promise<void> {
    const file = this.fileOf(name);
    await mkdir(dirname(file), { recursive: true });
    const text = JSON.stringify({ status, fetchedAtMs, body: body.toString('base64') });
    await writeFile(`${file}.${process.pid}`, text);
    await rename(`${file}.${process.pid}`, file);
  }

  /** When the youngest answer was fetched. @throws Failure REFUSED not-recorded */
  async latestMs(): Promise<number> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => []);
    const times: number[] = [];
    for (const name of names.filter((file) => file.endsWith('.json')))
      times.push(
        schema.parse(JSON.parse(await readFile(join(this.folder, name), 'utf8'))).fetchedAtMs,
      );
    if (times.length === 0)
      throw refused('not-recorded', `${this.folder} holds no recorded answers.`);
    return Math.max(...times);
  }

  private fileOf(name: string): string {
    const parts = name.split('/').map((part) => part.replace(/[^\w.=^-]/g, '_'));
    return `${join(this.folder, ...parts)}.json`;
  }
}
