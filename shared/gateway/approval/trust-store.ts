/**
 * The level of trust of an account. A level is granted by an act of its own; the policy can only
 * lower it. Without an act it is `paper`, and `ask` where LIVE_TRADING is on.
 */
import { trustLevels, type TrustLevel } from '#shared/kernel/trust-level.ts';
import * as z from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { type PolicyTrust } from '#shared/portfolio/model/policy/policy.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { lastPolicy, type PolicySources } from '#shared/portfolio/policy/policy-in-force.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { lowerLevel } from '../model/trust.ts';

/** One act. */
export interface TrustStep {
  readonly level: TrustLevel;
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
}

export interface Trust {
  /** In force. */
  readonly level: TrustLevel;
  /** By the last act, or the default. */
  readonly granted: TrustLevel;
  /** What the policy allows at most; undefined where it says nothing. */
  readonly ceiling?: TrustLevel | undefined;
  readonly limits: PolicyTrust;
  /** Newest first. */
  readonly steps: readonly TrustStep[];
}

const KEPT = 200;

const stepRecord: z.ZodType<TrustStep> = z.strictObject({
  level: z.enum(trustLevels),
  at: storedInstant,
  by: z.string(),
  reason: z.string(),
});
const documentSchema = z.strictObject({ steps: z.array(stepRecord).readonly() });

export class TrustStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async steps(account: AccountId): Promise<readonly TrustStep[]> {
    const document = await this.database.find(keys.gateway.trust(account), documentSchema);
    return document?.value.steps ?? [];
  }

  async add(account: AccountId, step: TrustStep): Promise<void> {
    await this.database.update(keys.gateway.trust(account), documentSchema, (current) => {
      const steps = [step, ...(current?.steps ?? [])].slice(0, KEPT);
      return { value: { steps }, result: steps };
    });
  }
}

/** The level in force, and where it comes from. */
export async function trustOf(sources: PolicySources, account: AccountId): Promise<Trust> {
  const steps = await new TrustStore(sources.database).steps(account);
  const { written, policy } = await lastPolicy(sources, account);
  const granted = steps[0]?.level ?? defaultPolicy(sources.settings).trust.level;
  const ceiling = written.trust?.level;
  const level = ceiling === undefined ? granted : lowerLevel(granted, ceiling);
  return { level, granted, ceiling, limits: policy.trust, steps };
}
