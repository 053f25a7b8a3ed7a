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
    const [keyCount = '', count = '', ...plan] = (args[at] ?? '').split(' ');
    const texts = args.slice(at + 1, at + 1 + Number(count));
    commits.push(commitOf(keys.slice(keysBefore, keysBefore + Number(keyCount)), plan, texts));
    [keysBefore, at] = [keysBefore + Number(keyCount), at + 1 + Number(count)];
  }
  return commits;
}

function commitOf(
  keys: readonly string[],
  plan: readonly string[],
  texts: readonly string[],
): CarriedCommit {
  const [words, rest] = [[...plan], [...texts]];
  const word = (): string => words.shift() ?? '';
  const number = (): number => Number(word());
  const text = (): string => rest.shift() ?? '';
  /** Empty for none. */
  const key = (): string => keys[number() - 1] ?? '';
  const guarded = key();
  const guard = guarded !== '' && {
    ...{ key: guarded, id: text(), generation: number(), sequence: number() },
    advance: word() === '1',
  };
  const marked = key();
  const mark = marked !== '' && { key: marked, value: text() };
  const expect = Array.from({ length: number() }, () => ({ key: key(), version: word() }));
  const write: CarriedWrite[] = [];
  while (words.length > 0) write.push({ op: word(), key: key(), args: rest.splice(0, number()) });
  return { expect, write, ...(guard && { guard }), ...(mark && { mark }) };
}
