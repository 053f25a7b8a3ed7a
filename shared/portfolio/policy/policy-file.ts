/** The file that an owner may keep the policy of the default account in. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Settings } from '#shared/process/settings.ts';

export interface PolicyFile {
  readonly path: string;
  readonly text: string;
  readonly hash: string;
}

/**
 * @returns undefined where no file is named and DATA_DIR has none, or there is no DATA_DIR
 * @throws Failure REFUSED policy-file when the file that POLICY_FILE names cannot be read
 */
export async function readPolicyFile(
  settings: Pick<Settings, 'policyFile' | 'dataDir'>,
): Promise<PolicyFile | undefined> {
  if (settings.policyFile === undefined && settings.dataDir === '') return undefined;
  const path = settings.policyFile ?? join(settings.dataDir, 'policy.yaml');
  try {
    const text = await readFile(path, 'utf8');
    return { path, text, hash: contentHash(text) };
  } catch (thrown) {
    const isAbsent = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    if (isAbsent && settings.policyFile === undefined) return undefined;
    throw fileRefused(path, isAbsent ? 'there is no such file' : 'it cannot be read', thrown);
  }
}

export function fileRefused(path: string, why: string, cause: unknown): Failure {
  const detail = `The policy in ${path} is not in force: ${why}.`;
  return new Failure('REFUSED', detail, { rule: 'policy-file', path }, cause);
}
