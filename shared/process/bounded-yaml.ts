/**
 * YAML with bounded expansion, for files that people write: a small file whose aliases multiply
 * (`&a [*b, *b]`) is refused before it is expanded.
 */
import { parse } from 'yaml';
import { Failure } from '#shared/kernel/failure.ts';

/**
 * As many bytes as characters at least; ours have some ten thousand.
 * @internal exported for its tests
 */
export const YAML_LENGTH_MAX = 1_000_000;
/** Bound of an alias's expansion, nested aliases included. */
export const ALIASES_MAX = 100;

/** @throws Failure INVALID_REQUEST with one line naming the error and, for syntax, its position */
export function parseYaml(text: string): unknown {
  requireLength(text);
  try {
    return parse(text, { maxAliasCount: ALIASES_MAX }) as unknown;
  } catch (thrown) {
    throw new Failure('INVALID_REQUEST', yamlComplaint(thrown), {}, thrown);
  }
}

/** @throws Failure INVALID_REQUEST with one line */
export function requireLength(text: string): void {
  if (text.length > YAML_LENGTH_MAX)
    throw new Failure('INVALID_REQUEST', `the file has more than ${YAML_LENGTH_MAX} characters`);
}

/** The first line of the parser's message, which names the position. */
export function yamlComplaint(thrown: unknown): string {
  const [why = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n');
  if (/alias count/i.test(why)) return `its aliases stand for more than ${ALIASES_MAX} nodes`;
  return why;
}
