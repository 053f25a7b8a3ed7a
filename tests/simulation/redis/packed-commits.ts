/** The commits that one call of shared/redis/scripts/commit.lua carries, read as the script reads them. */
import type { Change } from '#shared/redis/joined-commits.ts';

interface CarriedWrite {
  readonly op: string;
  readonly key: string;
  readonly args: readonly string[];
}

export interface CarriedCommit extends Omit<Change, 'expect' | 'write'> {
  readonly expect: readonly { readonly key: string; readonly version: string }[];
  readonly write: readonly CarriedWrite[];
}

export function carriedCommits(
  keys: readonly string[],
  args: readonly string[],
): readonly CarriedCommit[] {
  const commits: CarriedCommit[] = [];
  let [keysBefore, at] = [0, 0];
  while (at < args.length) {
    const [keyCount, count] = [Number(args[at]), Number(args[at + 1])];
    commits.push(
      commitOf(keys.slice(keysBefore, keysBefore + keyCount), args.slice(at + 2, at + 2 + count)),
    );
    [keysBefore, at] = [keysBefore + keyCount, at + 2 + count];
  }
  return commits;
}

function commitOf(keys: readonly string[], args: readonly string[]): CarriedCommit {
  const rest = [...args];
  const text = (): string => rest.shift() ?? '';
  const number = (): number => Number(text());
  /** Empty for none. */
  const key = (): string => keys[number() - 1] ?? '';
  const guard = { key: key(), id: text(), generation: number(), sequence: number() };
  const advance = text() === '1';
  const mark = { key: key(), value: text() };
  const expect = Array.from({ length: number() }, () => ({ key: key(), version: text() }));
  const write: CarriedWrite[] = [];
  while (rest.length > 0) write.push({ op: text(), key: key(), args: rest.splice(0, number()) });
  return {
    ...{ expect, write },
    ...(guard.key !== '' && { guard: { ...guard, advance } }),
    ...(mark.key !== '' && { mark }),
  };
}
