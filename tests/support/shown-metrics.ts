/** What a process shows at its metrics port, held against the documents and Prometheus' own linter. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Names that others gave: of an OpenFaaS gateway, and of the library of the process' metrics. */
const OF_OTHERS =
  /^(?:gateway_function_invocation_started|gateway_service_count|nodejs_active_[a-z]+_total) /;

/** Expects each of its metrics to be in the documents, and to pass. @returns the names */
export async function expectDocumentedMetrics(url: string): Promise<readonly string[]> {
  const answer = await fetch(new URL('/metrics', url));
  const text = await answer.text();
  expect(answer.headers.get('content-type')).toContain('version=0.0.4');
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
  const page = readFileSync('docs/operate/metrics.md', 'utf8');
  const missing = names.filter((name) => !page.includes(`| \`${name}\``));
  expect([url, missing]).toEqual([url, []]);
  expect([url, complaintsOf(text)]).toEqual([url, []]);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const keys = series.map((line) => line.replace(/ \S+$/, ''));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  return names;
}

/** Of `promtool check metrics`; none where it is not installed. */
function complaintsOf(text: string): string[] {
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text });
  if (checked.error) return [];
  const lines = String(checked.stderr).trim().split('\n');
  return lines.filter((line) => line !== '' && !OF_OTHERS.test(line));
}
