/** The W3C trace context header: which trace a call belongs to. https://www.w3.org/TR/trace-context */

const WELL_FORMED = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @returns the header where it is well formed; anything else is dropped, as the standard asks */
export function readTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && WELL_FORMED.test(header) ? header : undefined;
}
