/** The fields of a line of the log that docs/operate/logs.md has. */
import { readFileSync } from 'node:fs';

export function documentedLogFields(): ReadonlySet<string> {
  const page = readFileSync('docs/operate/logs.md', 'utf8');
  const table = page.slice(page.indexOf('## Fields'), page.indexOf('## What is never written'));
  return new Set([...table.matchAll(/`(\w+)`/g)].map(([, field = '']) => field));
}

/** @returns the fields of lines of JSON that it does not have */
export function undocumentedFields(lines: readonly string[]): readonly string[] {
  const documented = documentedLogFields();
  const fields = lines
    .filter((line) => /^\{"(level|time)":/.test(line))
    .flatMap((line) => Object.keys(JSON.parse(line) as object));
  return [...new Set(fields)].filter((field) => !documented.has(field));
}
