/** The JSON of an export, in its shape; what is wrong is said in words, since the file is a person's. */
import type * as z from 'zod';
import { wrong } from '../wrong.ts';

/** @throws Failure INVALID_REQUEST where the text is no JSON, or not in the shape */
export function parsedJson<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  const read = schema.safeParse(jsonIn(text));
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const where = first?.path.map(String).join('.') ?? '';
  throw wrong(`it is not in the form of this export: ${where}: ${first?.message ?? ''}`);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : '';
    throw wrong(`it is no JSON, or cut off: ${why.slice(0, 120)}`);
  }
}
