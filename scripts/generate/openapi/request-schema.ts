/** The JSON Schema of a request, from the schema that parses it. */
import * as z from 'zod';
import type { Operation } from '#shared/contract/row.ts';
import type { Json } from '#shared/contract/wire-json.ts';

interface Annotation {
  readonly wire?: Json;
  readonly isRequired?: boolean;
  readonly alternatives?: readonly Json[];
}

export function requestSchema({ request }: Operation): Json {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(request, {
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) =>
      annotate(zodSchema as unknown as z.ZodType, jsonSchema),
  });
  return schema;
}

/** What a field says of its form on the wire takes the place of what its parser shows. */
function annotate(zodSchema: z.ZodType, json: Record<string, unknown>): void {
  const { wire } = annotationOf(zodSchema);
  if (wire) {
    for (const key of Object.keys(json)) delete json[key];
    Object.assign(json, wire);
    return;
  }
  delete json['isRequired'];
  const { alternatives } = annotationOf(zodSchema);
  delete json['alternatives'];
  if (alternatives) json['anyOf'] = alternatives;
  if (!(zodSchema instanceof z.ZodObject)) return;
  const shape = zodSchema.shape as Readonly<Record<string, z.ZodType>>;
  const required = Object.keys(shape).filter((name) => isRequired(shape[name]));
  if (required.length > 0) json['required'] = required;
  else delete json['required'];
}

function isRequired(field: z.ZodType | undefined): boolean {
  return field !== undefined && annotationOf(field).isRequired === true;
}

function annotationOf(schema: z.ZodType): Annotation {
  return (schema.meta() ?? {}) as Annotation;
}
