/**
 * Tests with optional prerequisites. Skipped ones have the reason in their title, where `npm run
 * check` finds it.
 */
type Work = () => Promise<void>;

/** @param missing why it cannot run; undefined: it can */
export function describeNeeding(missing: string | undefined, title: string, work: () => void) {
  if (missing === undefined) describe(title, work);
  else describe.skip(skippedTitle(title, missing), work);
}

export function testNeeding(
  missing: string | undefined,
  title: string,
  work: Work,
  timeoutMs?: number,
) {
  if (missing === undefined) test(title, work, timeoutMs);
  else test.skip(skippedTitle(title, missing), work);
}

function skippedTitle(title: string, missing: string): string {
  return `${title} [skipped: ${missing}]`;
}
