/**
 * A person's session on the page. Its secret is known to the browser only; what is kept is a digest.
 * The secret is replaced every so often, and the one before stays good for a moment, for requests that
 * were on their way. A secret from before that is a copy that someone kept: the session ends.
 */
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';

export const roles = ['read', 'write', 'trade'] as const;
/** What a session may do: read, also change settings, also trade. */
export type Role = (typeof roles)[number];

export interface Session {
  readonly id: string;
  readonly role: Role;
  readonly digest: string;
  readonly previousDigest?: string | undefined;
  readonly rotatedAt: Instant;
  readonly createdAt: Instant;
  readonly seenAt: Instant;
  /** When the password was last given. */
  readonly provedAt: Instant;
  /** Must come with every form, and is the same for the whole session. */
  readonly csrf: string;
  /** Browser and system, as it calls itself; for the list of sessions. */
  readonly device: string;
  readonly address: string;
}

const HOUR_MS = 3_600_000;
export const SESSION_MS_MAX = DAY_MS;
const IDLE_MS_MAX = 8 * HOUR_MS;
const ROTATION_MS = 15 * 60_000;
const GRACE_MS = 60_000;
const PROOF_MS_MAX = 10 * 60_000;

/** Whether a secret belongs to the session: the present one, the one before, or neither. */
export type Match = 'current' | 'previous' | 'stolen' | 'unknown';

export function matchOf(session: Session, digest: string, now: Instant): Match {
  if (digest === session.digest) return 'current';
  if (digest !== session.previousDigest) return 'unknown';
  return now - session.rotatedAt <= GRACE_MS ? 'previous' : 'stolen';
}

export function isOver(session: Session, now: Instant): boolean {
  return now - session.createdAt >= SESSION_MS_MAX || now - session.seenAt >= IDLE_MS_MAX;
}

export function isRotationDue({ rotatedAt }: Session, now: Instant): boolean {
  return now - rotatedAt >= ROTATION_MS;
}

export function rotated(session: Session, digest: string, now: Instant): Session {
  return { ...session, digest, previousDigest: session.digest, rotatedAt: now, seenAt: now };
}

/** Whether the password was given so recently that a sensitive action does not ask for it again. */
export function isProved({ provedAt }: Session, now: Instant): boolean {
  return now - provedAt <= PROOF_MS_MAX;
}

export function covers(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
}
