/**
 * Secrets of functions: one file each in `<root>/<namespace>/<name>`, which only the owner reads.
 * Values are written whole or not at all, and never appear in a listing, a log or an error text.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { notWritten } from './not-written.ts';
import { NAMESPACE } from '../http/platform-errors.ts';

/** A name that is one step of a path and no hidden file: a DNS subdomain, as faas-cli asks too. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_LENGTH_MAX = 253;

export function isSecretName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && NAME.test(name);
}

export class SecretFiles {
  /** Folder of the files; what a container has at `/var/openfaas/secrets`. */
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** @param root folder over the namespaces; made where it is not there */
  static async open(root: string): Promise<SecretFiles> {
    const dir = join(root, NAMESPACE);
    for (const folder of [root, dir]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
    }
    return new SecretFiles(dir);
  }

  async names(): Promise<string[]> {
    const entries = await readdir(this.dir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && isSecretName(entry.name))
      .map(({ name }) => name)
      .sort();
  }

  has(name: string): boolean {
    return isSecretName(name) && existsSync(join(this.dir, name));
  }

  /** @returns undefined where there is none; the bytes as they were given */
  async read(name: string): Promise<Buffer | undefined> {
    if (!isSecretName(name)) return undefined;
    return readFile(join(this.dir, name)).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
  }

  /**
   * Makes a secret. @returns false where there is one of that name, which stays as it is
   * @throws Failure INVALID_REQUEST on a name that is none
   */
  async create(name: string, value: Uint8Array): Promise<boolean> {
    const file = this.fileOf(name);
    return this.drafted(value, async (draft) => {
      try {
        await link(draft, file);
        return true;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw thrown;
      }
    });
  }

  /**
   * Gives a secret a new value; who reads the file sees the old or the new one whole.
   * @throws Failure INVALID_REQUEST on a name that is none
   */
  async write(name: string, value: Uint8Array): Promise<void> {
    const file = this.fileOf(name);
    return this.drafted(value, (draft) => rename(draft, file));
  }

  /** @returns false where there was none */
  async remove(name: string): Promise<boolean> {
    if (!this.has(name)) return false;
    await rm(this.fileOf(name), { force: true });
    return true;
  }

  private async drafted<T>(value: Uint8Array, use: (draft: string) => Promise<T>): Promise<T> {
    const draft = join(this.dir, `.${randomUUID()}`);
    try {
      await writeFile(draft, value, { mode: 0o600, flag: 'wx', flush: true }).catch(
        (cause: unknown) => {
          throw notWritten(this.dir, cause);
        },
      );
      return await use(draft);
    } finally {
      await rm(draft, { force: true });
    }
  }

  private fileOf(name: string): string {
    if (!isSecretName(name))
      throw invalidRequest({ field: 'name', message: 'lower-case letters, digits, - and .' });
    return join(this.dir, name);
  }
}
