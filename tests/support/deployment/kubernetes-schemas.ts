/**
 * JSON schemas of Kubernetes' own resources, one file a kind as kubeconform reads them, from the API's
 * description in the Go module k8s.io/kubernetes. Unknown fields are refused.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Definition {
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  [key: string]: unknown;
}

/** @returns the description's file; undefined where the module was not downloaded */
export function findApiDescription(): string | undefined {
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
    const found = readdirSync(join(cache, 'k8s.io')).find((name) => name.startsWith('kubernetes@'));
    return found && join(cache, 'k8s.io', found, 'api/openapi-spec/swagger.json');
  } catch {
    return undefined;
  }
}

/** @param kinds to write, e.g. `Deployment` */
export function writeSchemas(description: string, folder: string, kinds: readonly string[]): void {
  const text = readFileSync(description, 'utf8').replaceAll('#/definitions/', '#/$defs/');
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Definition> };
  for (const definition of Object.values(definitions)) strict(definition);
  mkdirSync(folder, { recursive: true });
  for (const [name, definition] of Object.entries(definitions))
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      if (!kinds.includes(kind)) continue;
      const file = [kind.toLowerCase(), group.split('.')[0], version].filter(Boolean).join('-');
      const schema = { $ref: `#/$defs/${name}`, $defs: reachable(definitions, name) };
      writeFileSync(join(folder, `${file}.json`), JSON.stringify(schema));
    }
}

/** Both forms that the API takes are one type with a format that JSON schema does not know. */
function strict(definition: Definition): void {
  if (definition['format'] === 'int-or-string') definition['type'] = ['string', 'integer'];
  if (definition.properties) definition.additionalProperties ??= false;
}

function reachable(all: Record<string, Definition>, from: string): Record<string, Definition> {
  const found: Record<string, Definition> = {};
  const visit = (name: string): void => {
    const definition = all[name];
    if (!definition || found[name]) return;
    // Quantities are written as numbers, too.
    found[name] = name.endsWith('resource.Quantity') ? { type: ['string', 'number'] } : definition;
    for (const [, next = ''] of JSON.stringify(definition).matchAll(/"#\/\$defs\/([^"]+)"/g))
      visit(next);
  };
  visit(from);
  return found;
}
