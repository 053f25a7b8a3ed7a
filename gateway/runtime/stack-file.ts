/** What a stack file says about each function; keys nobody here knows are left alone. */
import { parse } from 'yaml';
import { z } from 'zod';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { substituted } from './substitution.ts';

const texts = z.record(z.string(), z.string()).default({});

const functionSchema = z.looseObject({
  handler: z.string().min(1),
  image: z.string().min(1),
  environment: texts,
  labels: texts,
  annotations: texts,
  secrets: z.array(z.string()).default([]),
});

const stackSchema = z.looseObject({
  version: z.literal('1.0').optional(),
  provider: z.looseObject({ name: z.literal('openfaas') }),
  functions: z.record(
    z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a DNS label'),
    functionSchema,
  ),
});

export interface StackFunction {
  readonly name: string;
  /** Folder of the handler, without a leading `./`. */
  readonly handler: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/**
 * @param env gives the variables in it their values
 * @throws Failure INVALID_REQUEST naming every wrong key
 */
export function parseStack(
  yaml: string,
  env: Readonly<Record<string, string | undefined>> = {},
): readonly StackFunction[] {
  const parsed = stackSchema.safeParse(parse(substituted(yaml, env)));
  if (!parsed.success)
    throw invalidRequest(
      ...parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
    );
  return Object.entries(parsed.data.functions).map(([name, row]) => ({
    name,
    handler: row.handler.replace(/^\.\//, '').replace(/\/+$/, ''),
    image: row.image,
    environment: row.environment,
    labels: row.labels,
    annotations: row.annotations,
    secrets: row.secrets,
  }));
}
