/** A CA and certificates for one test, in a folder that goes with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '#shared/process/tls-settings.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import type { PemPair } from '../../../scripts/certificates/issue.ts';
import { CertificateStore } from '../../../scripts/certificates/store.ts';

/** OpenSSL judges by the clock of the machine, so these tests live in the present. */
export function today(): Instant {
  return instantOf(Date.now());
}

export interface TestCertificates {
  readonly dir: string;
  readonly store: CertificateStore;
  /** The three files of a board. */
  filesOf(board: string): Required<TlsFiles>;
  /** Writes a set that no store would make. */
  write(name: string, pair: PemPair, caPem: string): Promise<Required<TlsFiles>>;
  remove(): Promise<void>;
}

export async function openCertificates(): Promise<TestCertificates> {
  const dir = await mkdtemp(join(tmpdir(), 'trader-certificates-'));
  const store = new CertificateStore(join(dir, 'store'));
  await store.createAuthority(today());
  return {
    dir,
    store,
    filesOf: (board) => filesIn(join(dir, 'store', board, 'current'), ''),
    write: async (name, { certPem, keyPem }, caPem) => {
      const files = filesIn(dir, `${name}-`);
      await writeFile(files.cert, certPem);
      await writeFile(files.key, keyPem);
      await writeFile(files.ca, caPem);
      return files;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

function filesIn(dir: string, prefix: string): Required<TlsFiles> {
  const at = (name: string): string => join(dir, `${prefix}${name}.pem`);
  return { cert: at('cert'), key: at('key'), ca: at('ca') };
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** A log whose lines can be read. */
export function keptLog(): { log: Log; lines: LogLine[]; events(): string[] } {
  const lines: LogLine[] = [];
  const log = openLog('debug', (line) => void lines.push(JSON.parse(line) as LogLine));
  return { log, lines, events: () => lines.map(({ event }) => event) };
}
