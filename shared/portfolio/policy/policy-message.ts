/** Policies as they are answered. */
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { EffectivePolicy } from '../model/policy/policy.ts';
import type { PolicyVersion } from './policy-store.ts';

/** Version 0 stands for the settings alone. */
export function policyMessage(stored: PolicyVersion | undefined) {
  return {
    version: stored?.version ?? 0,
    document: stored?.document ?? '',
    changedAt: stored && toTimestamp(stored.changedAt),
    source: stored?.source ?? '',
    note: stored?.note ?? '',
  };
}

export function policyJson(policy: EffectivePolicy): string {
  return JSON.stringify(policy);
}
