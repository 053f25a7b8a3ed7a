/** The answer of a call that did not fail. */
import { PROTOBUF_TYPE } from '#shared/contract/message-frames.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { FunctionResult } from '#template/function.ts';
import { encodeJson, encodeMessage, requireFinite, type Format } from '../wire.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const PROTOBUF_HEADERS = { 'content-type': PROTOBUF_TYPE };

/** @throws Failure BUG where one of its numbers is not finite */
export async function resultOf(
  operation: Operation,
  message: unknown,
  format: Format,
): Promise<FunctionResult> {
  if (format === 'json') return { headers: JSON_HEADERS, body: encodeJson(message) };
  const finite = requireFinite(message ?? {});
  if (format === 'object') return { body: finite };
  return { headers: PROTOBUF_HEADERS, body: await encodeMessage(operation, finite) };
}
