/** Counts skipped tests by reason. */

/** What jest writes about a run; the part that is read here. */
export interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** How many tests were skipped for each reason that stands in their titles. */
export function skipped({ testResults }: Results): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status, fullName } of testResults.flatMap((file) => file.assertionResults)) {
    if (status !== 'pending') continue;
    const reason = /\[skipped: (.*)\]/.exec(fullName)?.[1] ?? fullName;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}
