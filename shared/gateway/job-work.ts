/** The request of a job's run: the job's own, merged with the trigger's parameters. */
import type { z } from 'zod';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { JobRow, TaskName } from '#shared/contract/jobs.ts';
import type { Operation } from '#shared/contract/row.ts';

export type JobRequest =
  | { readonly kind: 'operation'; readonly operation: Operation; readonly request: object }
  | { readonly kind: 'task'; readonly task: TaskName };

/**
 * @param force sets the request's field for it, where it has one
 * @param parameters fields of the job's request as text; lists and objects as JSON
 * @throws Failure INVALID_REQUEST naming `parameters.<key>`
 */
export function workOf(
  { name, work }: JobRow,
  force: boolean,
  parameters: ReadonlyMap<string, string>,
): JobRequest {
  if (work.kind === 'task') {
    requireKnown(name, parameters, []);
    return work;
  }
  const { operation, forceField } = work;
  const fields = (operation.request as z.ZodObject).shape;
  requireKnown(name, parameters, Object.keys(fields));
  const given = [...parameters].map(([key, text]) => [key, valueOf(fields[key], text)]);
  const request = {
    ...work.request,
    ...(force && forceField !== undefined && { [forceField]: true }),
    ...(Object.fromEntries(given) as object),
  };
  const parsed = operation.request.safeParse(request);
  if (!parsed.success)
    throw invalidRequest(
      ...parsed.error.issues.map(({ path, message }) => ({
        field: `parameters.${path.join('.')}`,
        message,
      })),
    );
  return { kind: 'operation', operation, request };
}

function requireKnown(
  job: string,
  parameters: ReadonlyMap<string, string>,
  known: readonly string[],
): void {
  const violations = [...parameters.keys()]
    .filter((key) => !known.includes(key))
    .map((key): FieldViolation => ({
      field: `parameters.${key}`,
      message: `${job} takes ${known.length === 0 ? 'no parameters' : known.join(', ')}`,
    }));
  if (violations.length > 0) throw invalidRequest(...violations);
}

/** The text itself where the field takes text, else what it says as JSON. */
function valueOf(field: z.core.$ZodType | undefined, text: string): unknown {
  if ((field as z.ZodType | undefined)?.safeParse(text).success) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
