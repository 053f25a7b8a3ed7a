/**
 * What is deployed under a name, in OpenFaaS' terms (`FunctionDeployment`), read with the rules of Go's
 * decoder: keys in any case, unknown ones ignored, null as if it were not there.
 */
import * as z from 'zod';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { parseGoJson } from '../http/go-json.ts';
import { NAMESPACE } from '../http/platform-errors.ts';

export type Texts = Readonly<Record<string, string>>;

export interface Deployment {
  readonly name: string;
  readonly image: string;
  readonly envProcess?: string | undefined;
  readonly environment: Texts;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Names; each must be there when the function is deployed. */
  readonly secrets: readonly string[];
  readonly constraints?: readonly string[] | undefined;
  /** As sent: `{ memory: '128Mi' }`. */
  readonly limits?: Texts | undefined;
  readonly requests?: Texts | undefined;
  readonly readOnlyRootFilesystem?: boolean | undefined;
  /** RFC 3339. */
  readonly createdAt: string;
}

export const NAME_PATTERN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const NAME_RULE =
  'lower-case letters, digits and -, at most 63, as in a host name (DNS-1123)';

const texts = z.record(z.string(), z.string());
const names = z.array(z.string());

const deploymentSchema = z.object({
  service: z.string().regex(NAME_PATTERN, NAME_RULE),
  image: z.string().min(1, 'the image to run'),
  namespace: z.string().optional(),
  envProcess: z.string().optional(),
  envVars: texts.default({}),
  labels: texts.default({}),
  annotations: texts.default({}),
  secrets: names.default([]),
  constraints: names.optional(),
  limits: texts.optional(),
  requests: texts.optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
});

/**
 * @param body of a POST or PUT
 * @throws Failure INVALID_REQUEST naming every wrong field
 */
export function parseDeployment(body: Uint8Array, createdAt: string): Deployment {
  const sent = parseGoJson(deploymentSchema, body);
  requireNamespace(sent.namespace);
  const { service: name, envVars: environment, namespace: _here, ...rest } = sent;
  return { ...rest, name, environment, secrets: [...new Set(sent.secrets)], createdAt };
}

const removalSchema = z.object({
  functionName: z.string().min(1, 'the function to remove'),
  namespace: z.string().optional(),
});

/** @returns the name of the function that a DELETE names; @throws Failure INVALID_REQUEST */
export function parseRemoval(body: Uint8Array): string {
  const { functionName, namespace } = parseGoJson(removalSchema, body);
  requireNamespace(namespace);
  return functionName;
}

function isOurNamespace(namespace: unknown): boolean {
  return namespace === undefined || namespace === '' || namespace === NAMESPACE;
}

function requireNamespace(namespace: string | undefined): void {
  if (!isOurNamespace(namespace))
    throw invalidRequest({ field: 'namespace', message: 'namespace not valid' });
}

/** What the state file holds of one function: every field, spelled as in this program. */
export const storedDeployment = z.strictObject({
  name: z.string().regex(NAME_PATTERN),
  image: z.string().min(1),
  envProcess: z.string().optional(),
  environment: texts,
  labels: texts,
  annotations: texts,
  secrets: names,
  constraints: names.optional(),
  limits: texts.optional(),
  requests: texts.optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  createdAt: z.iso.datetime(),
}) satisfies z.ZodType<Deployment>;
