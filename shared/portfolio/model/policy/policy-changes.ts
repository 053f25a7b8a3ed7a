/** In which values two policies differ. */
import { canonicalJson } from '#shared/kernel/hash.ts';
import type { EffectivePolicy } from './policy.ts';

export interface PolicyChange {
  /** `limits.securityMaxRatio` */
  readonly field: string;
  /** As JSON; empty where it was, or is, not set. */
  readonly before: string;
  readonly after: string;
}

/** By field, in the order of the later policy. Lists are compared whole. */
export function policyChanges(
  before: EffectivePolicy,
  after: EffectivePolicy,
): readonly PolicyChange[] {
  const [old, next] = [valuesOf(before), valuesOf(after)];
  const fields = new Set([...next.keys(), ...old.keys()]);
  return [...fields].flatMap((field) => {
    const change = { field, before: old.get(field) ?? '', after: next.get(field) ?? '' };
    return change.before === change.after ? [] : [change];
  });
}

function valuesOf(value: object, path = ''): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const field = path === '' ? key : `${path}.${key}`;
    if (inner === undefined) continue;
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner))
      for (const [name, text] of valuesOf(inner, field)) values.set(name, text);
    else values.set(field, canonicalJson(inner));
  }
  return values;
}
