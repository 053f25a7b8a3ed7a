/** The image that `buf build` makes of the protos, in JSON: what the generated pages and descriptions read of it. */
import * as z from 'zod';

const field = z.looseObject({
  name: z.string(),
  jsonName: z.string(),
  number: z.number(),
  type: z.string(),
  typeName: z.string().optional(),
  label: z.string().optional(),
  proto3Optional: z.boolean().optional(),
});
const enumeration = z.looseObject({
  name: z.string(),
  value: z.array(z.looseObject({ name: z.string(), number: z.number().default(0) })).default([]),
});
const message = z.looseObject({
  name: z.string(),
  field: z.array(field).default([]),
  nestedType: z
    .array(
      z.looseObject({
        name: z.string(),
        field: z.array(field).default([]),
        options: z.looseObject({ mapEntry: z.boolean().optional() }).optional(),
      }),
    )
    .default([]),
  enumType: z.array(enumeration).default([]),
});
const method = z.looseObject({
  name: z.string(),
  inputType: z.string(),
  outputType: z.string(),
});
const comment = z.looseObject({
  path: z.array(z.number()).default([]),
  leadingComments: z.string().optional(),
  trailingComments: z.string().optional(),
});
const image = z.looseObject({
  file: z.array(
    z.looseObject({
      package: z.string().default(''),
      messageType: z.array(message).default([]),
      enumType: z.array(enumeration).default([]),
      service: z
        .array(z.looseObject({ name: z.string(), method: z.array(method).default([]) }))
        .default([]),
      sourceCodeInfo: z.looseObject({ location: z.array(comment) }).optional(),
    }),
  ),
});

export type ProtoField = z.output<typeof field>;
export type ProtoEnum = z.output<typeof enumeration>;
export type ProtoMessage = z.output<typeof message>;
export type ProtoFile = z.output<typeof image>['file'][number];

/** @param imageJson of `buf build -o -#format=json` */
export function protoFiles(imageJson: string): readonly ProtoFile[] {
  return image.parse(JSON.parse(imageJson)).file;
}
