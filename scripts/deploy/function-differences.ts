/** Differences between the functions of a gateway and those that it should have. */
import * as z from 'zod';
import type { StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import { isServiceName } from '#shared/contract/names.ts';

const texts = z.record(z.string(), z.string()).nullish();

/** As `GET /system/functions` lists it. */
export const listedSchema = z
  .array(
    z.object({
      name: z.string(),
      image: z.string(),
      envVars: texts,
      labels: texts,
      annotations: texts,
      secrets: z.array(z.string()).nullish(),
      replicas: z.number().nullish(),
      availableReplicas: z.number().nullish(),
    }),
  )
  .nullable();

/** As `GET /system/function/NAME` answers; the part that its list leaves out on faasd. */
export const statusSchema = z.object({ availableReplicas: z.number().nullish() });

export type Listed = NonNullable<z.output<typeof listedSchema>>;

/**
 * A line for each thing that is not as it should be; none when all is well. What a deployment has
 * beyond the stack file (settings of the board, labels of the platform) is left alone.
 */
export function differences(requested: readonly StackFunction[], listed: Listed): string[] {
  const lines = requested.flatMap((spec) => {
    const there = listed.find(({ name }) => name === spec.name);
    return there ? differencesOf(spec, there) : [`${spec.name}: is not deployed`];
  });
  const unlisted = listed
    .filter(({ name }) => isOurs(name) && !requested.some((spec) => spec.name === name))
    .map(({ name }) => `${name}: is deployed, and does not belong here`);
  return [...lines, ...unlisted];
}

function differencesOf(spec: StackFunction, there: Listed[number]): string[] {
  const lines: string[] = [];
  if (there.image !== spec.image) lines.push(`image is ${there.image}, should be ${spec.image}`);
  lines.push(
    ...missing('environment', spec.environment, there.envVars),
    ...missing('label', spec.labels, there.labels),
    ...missing('annotation', spec.annotations, there.annotations),
  );
  for (const secret of spec.secrets)
    if (!there.secrets?.includes(secret)) lines.push(`has no secret ${secret}`);
  if ((there.availableReplicas ?? 0) < 1) lines.push('is not ready');
  return lines.map((line) => `${spec.name}: ${line}`);
}

function missing(
  what: string,
  requested: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>> | null | undefined,
): string[] {
  return Object.entries(requested)
    .filter(([name, value]) => there?.[name] !== value)
    .map(([name, value]) => `${what} ${name} is ${there?.[name] ?? 'unset'}, should be ${value}`);
}

function isOurs(name: string): boolean {
  return isServiceName(name) || operationAt(name, '/') !== undefined;
}
