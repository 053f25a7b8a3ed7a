/**
 * What the API changed over the stack file, in one file that is written whole or not at all: what
 * was deployed, and what of the stack file was removed.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { dataCorrupt, refused } from '#shared/kernel/failure.ts';
import { notWritten } from './not-written.ts';
import { NAME_PATTERN, storedDeployment, type Deployment } from './deployment.ts';

const stateSchema = z.strictObject({
  version: z.literal(1),
  deployed: z.record(z.string(), storedDeployment),
  removed: z.array(z.string().regex(NAME_PATTERN)),
});

export interface State {
  readonly deployed: Readonly<Record<string, Deployment>>;
  readonly removed: readonly string[];
}

export class DeploymentsState {
  private readonly file: string;
  private value: State;
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(file: string, value: State) {
    this.file = file;
    this.value = value;
  }

  /** @throws Failure DATA_CORRUPT or REFUSED naming the file, rather than forgetting what was deployed */
  static async open(file: string): Promise<DeploymentsState> {
    const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return undefined;
      throw refused(
        'functions-file-unreadable',
        `DATA_DIR: cannot read ${file} (${thrown.code ?? 'unknown'}).`,
      );
    });
    const value = text === undefined ? { deployed: {}, removed: [] } : parsed(file, text);
    return new DeploymentsState(file, value);
  }

  get current(): State {
    return this.value;
  }

  /** One change after the other; a change that could not be written did not happen. */
  change(by: (state: State) => State): Promise<void> {
    const work = this.writing.then(async () => {
      const next = by(this.value);
      await writeWhole(this.file, `${JSON.stringify({ version: 1, ...next }, null, 2)}\n`).catch(
        (cause: unknown) => {
          throw notWritten(this.file, cause);
        },
      );
      this.value = next;
    });
    this.writing = work.catch(() => undefined);
    return work;
  }
}

function parsed(file: string, text: string): State {
  try {
    const { version: _one, ...state } = stateSchema.parse(JSON.parse(text));
    return state;
  } catch (thrown) {
    const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : 'no JSON';
    throw dataCorrupt(file, why);
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${randomUUID()}`);
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
