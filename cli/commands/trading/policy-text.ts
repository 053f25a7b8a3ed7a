/** Policies as lines for a person. */
import { stringify } from 'yaml';
import type { GetPolicyResponse, UpdatePolicyResponse } from '#protos/gen/portfolio.ts';
import type { Timestamp } from '#protos/gen/common/common.ts';

export function policyText(answer: GetPolicyResponse): readonly string[] {
  const { policy, effectiveJson, file, fileError, breaches, warnings } = answer;
  const version = policy?.version ?? 0;
  const from =
    version === 0
      ? 'No policy is stored; these are the settings.'
      : `Version ${version} of ${dayText(policy?.changedAt)}, by ${policy?.source}.`;
  return [
    `# ${from}${policy?.note ? ` ${policy.note}` : ''}`,
    ...(file ? [`# File: ${file}`] : []),
    ...(fileError ? [`# NOT IN FORCE: ${fileError}`] : []),
    stringify(JSON.parse(effectiveJson)).trimEnd(),
    ...findings(breaches, warnings),
  ];
}

export function updateText(answer: UpdatePolicyResponse): readonly string[] {
  const { changes, breaches, warnings, message } = answer;
  const lines = changes.map(
    ({ field, before, after }) => `${field}: ${before || '(not set)'} -> ${after || '(not set)'}`,
  );
  return [
    ...(lines.length > 0 ? lines : ['No value changes.']),
    ...findings(breaches, warnings),
    message,
  ];
}

function findings(
  breaches: GetPolicyResponse['breaches'],
  warnings: readonly string[],
): readonly string[] {
  return [
    ...breaches.map(({ field, message }) => `# The account breaks ${field}: ${message}`),
    ...warnings.map((warning) => `# Warning: ${warning}`),
  ];
}

export function dayText(at: Timestamp | undefined): string {
  return at ? new Date(Number(at.seconds) * 1000).toISOString().slice(0, 16).replace('T', ' ') : '';
}
