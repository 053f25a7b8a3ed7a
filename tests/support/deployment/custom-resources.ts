/**
 * JSON schemas of the custom resources that the chart may create, as kubeconform reads them: those of KEDA and
 * of the Prometheus operator from the definitions in their Go modules, that of OpenFaaS written here after its
 * public API, as its modules are not to be had. Unknown fields are refused.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  readonly [key: string]: unknown;
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

/** Folder and name of a module in the module cache, and the definitions in it. */
const MODULES = [
  {
    folder: 'github.com/kedacore/keda',
    module: 'v2@',
    files: [
      'config/crd/bases/keda.sh_scaledobjects.yaml',
      'config/crd/bases/keda.sh_triggerauthentications.yaml',
    ],
  },
  {
    folder: 'github.com/prometheus-operator',
    module: 'prometheus-operator@',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
] as const;

/** @returns the files of the definitions; undefined where a module was not downloaded */
export function findDefinitions(): readonly string[] | undefined {
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
    const files = MODULES.flatMap(({ folder, module, files: names }) => {
      const place = join(cache, folder);
      const found = readdirSync(place).find((name) => name.startsWith(module)) ?? '';
      return names.map((name) => join(place, found, name));
    });
    return files.every((file) => existsSync(file)) ? files : undefined;
  } catch {
    return undefined;
  }
}

export function writeCustomSchemas(definitions: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of definitions) {
    const { spec } = parse(readFileSync(file, 'utf8')) as Definition;
    for (const { name, schema } of spec.versions)
      write(folder, [spec.names.kind, spec.group, name], strict(schema.openAPIV3Schema));
  }
  write(folder, ['Function', 'openfaas.com', 'v1'], functionSchema());
}

/** The definition of a Function, for an API server. */
export function functionDefinition(): object {
  const names = { kind: 'Function', plural: 'functions', singular: 'function' };
  const schema = { openAPIV3Schema: loose(functionSchema()) };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'functions.openfaas.com' },
    spec: {
      ...{ group: 'openfaas.com', scope: 'Namespaced', names },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

/** An API server refuses what a definition does not name by itself, and takes no `additionalProperties: false`. */
function loose({ additionalProperties, properties, ...schema }: Schema): Schema {
  const parts = Object.entries(properties ?? {}).map(([name, part]) => [name, loose(part)]);
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(parts) as Record<string, Schema> }),
    ...(additionalProperties !== false && additionalProperties !== undefined
      ? { additionalProperties }
      : {}),
  };
}

function write(folder: string, [kind = '', group = '', version = '']: string[], schema: Schema) {
  const name = [kind.toLowerCase(), group.split('.')[0], version].join('-');
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(schema));
}

/** Kubernetes drops what a definition does not name; here it is refused. */
function strict(schema: Schema): Schema {
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.properties && !isOpen) schema.additionalProperties ??= false;
  for (const value of Object.values(schema))
    for (const part of [value].flat())
      if (typeof part === 'object' && part !== null) strict(part as Schema);
  return schema;
}

/** Fields of `openfaas.com/v1`; their values are texts, quantities too. */
function functionSchema(): Schema {
  const text = { type: 'string' };
  const texts = { type: 'object', additionalProperties: text };
  const list = { type: 'array', items: text };
  const resources = object({ cpu: text, memory: text });
  const spec = object(
    {
      ...{ name: text, image: text, handler: text, readOnlyRootFilesystem: { type: 'boolean' } },
      ...{ labels: texts, annotations: texts, environment: texts },
      ...{ constraints: list, secrets: list, limits: resources, requests: resources },
    },
    ['name', 'image'],
  );
  const metadata = { type: 'object' };
  return object({ apiVersion: text, kind: text, metadata, spec }, ['spec']);
}

function object(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  const demanded = required.length > 0 && { required };
  return { type: 'object', properties, ...demanded, additionalProperties: false };
}
