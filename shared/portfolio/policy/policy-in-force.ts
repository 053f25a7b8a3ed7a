/**
 * Which policy holds for an account now: the last version that was stored, over the settings. A file
 * (POLICY_FILE, or policy.yaml in DATA_DIR) becomes a version of the default account as soon as its
 * text is another one than was adopted last, so that it is effective without a restart and an
 * operation's later change is not undone by a file that nobody touched.
 */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Settings } from '#shared/process/settings.ts';
import {
  effectivePolicy,
  policyOn,
  type EffectivePolicy,
  type InvestmentPolicy,
} from '../model/policy/policy.ts';
import { defaultPolicy, settingsUnder } from './default-policy.ts';
import { fileRefused, readPolicyFile, type PolicyFile } from './policy-file.ts';
import { PolicyStore, type PolicyVersion } from './policy-store.ts';

export interface PolicyInForce {
  /** 0 where none is stored. */
  readonly version: number;
  readonly stored?: PolicyVersion | undefined;
  readonly policy: EffectivePolicy;
  /** What the owner has stated of it and holds today (UTC); the rest comes from the settings of the process. */
  readonly written: InvestmentPolicy;
  /** The settings with those that the policy decides taken from it. */
  readonly settings: Settings;
  /** Of the file that is read for this account. */
  readonly file?: string | undefined;
}

export interface LastPolicy extends PolicyInForce {
  /** Set while the file is invalid: the owner's policy is not known then. */
  readonly fileError?: Failure | undefined;
}

export type PolicySources = Pick<Dependencies, 'settings' | 'database' | 'now'>;

/**
 * For decisions and trades. @throws Failure REFUSED policy-file while the file is invalid: the
 * owner's policy is not known then
 */
export async function policyInForce(
  sources: PolicySources,
  account: AccountId,
): Promise<PolicyInForce> {
  const file = await fileOf(sources, account);
  const stored = file ? await adopted(sources, account, file) : await storedIn(sources, account);
  return await under(sources, stored, file);
}

/** For displays and bookings: the last valid version, whatever is in the file. */
export async function lastPolicy(sources: PolicySources, account: AccountId): Promise<LastPolicy> {
  try {
    return await policyInForce(sources, account);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    if (failure.facts['rule'] !== 'policy-file') throw thrown;
    const stored = await storedIn(sources, account);
    return { ...(await under(sources, stored)), fileError: failure };
  }
}

function fileOf({ settings }: PolicySources, account: AccountId): Promise<PolicyFile | undefined> {
  return account === DEFAULT_ACCOUNT ? readPolicyFile(settings) : Promise.resolve(undefined);
}

function storedIn({ database }: PolicySources, account: AccountId) {
  return new PolicyStore(database).current(account);
}

async function adopted(
  sources: PolicySources,
  account: AccountId,
  file: PolicyFile,
): Promise<PolicyVersion | undefined> {
  const store = new PolicyStore(sources.database);
  for (;;) {
    const current = await store.current(account);
    if (current?.fileHash === file.hash) return current;
    await requireRight(file);
    const next: PolicyVersion = {
      version: (current?.version ?? 0) + 1,
      document: file.text,
      changedAt: sources.now(),
      source: 'file',
      note: '',
      fileHash: file.hash,
    };
    if (await store.add(account, next)) return next;
  }
}

async function requireRight({ path, text }: PolicyFile): Promise<void> {
  const { parseWrittenPolicy } = await policyDocument();
  try {
    parseWrittenPolicy(text, 'policy');
  } catch (thrown) {
    throw fileRefused(path, Failure.from(thrown).message, thrown);
  }
}

async function under(
  sources: PolicySources,
  stored: PolicyVersion | undefined,
  file?: PolicyFile,
): Promise<PolicyInForce> {
  const written = stored
    ? policyToday(sources, await readPolicy(stored.document))
    : NOTHING_WRITTEN;
  const version = stored?.version ?? 0;
  return { version, stored, written, ...inForceUnder(written, sources.settings), file: file?.path };
}

/** With YAML, which accounts without a policy do not need. */
const policyDocument = () => import('./policy-document.ts');

const NOTHING_WRITTEN: InvestmentPolicy = {};
/** Of the versions that accounts have now. */
const DOCUMENTS_MAX = 16;
const documents = new Map<string, InvestmentPolicy>();

/** Each operation asks what is in force: a document is read once for as long as it stays. */
async function readPolicy(document: string): Promise<InvestmentPolicy> {
  const known = documents.get(document);
  if (known) return known;
  const { parsePolicy } = await policyDocument();
  const policy = parsePolicy(document, 'policy');
  if (documents.size >= DOCUMENTS_MAX) documents.clear();
  documents.set(document, policy);
  return policy;
}

type Terms = Pick<PolicyInForce, 'policy' | 'settings'>;

const terms = new WeakMap<
  Settings,
  { readonly written: InvestmentPolicy; readonly terms: Terms }
>();

function inForceUnder(written: InvestmentPolicy, settings: Settings): Terms {
  const known = terms.get(settings);
  if (known?.written === written) return known.terms;
  const policy = effectivePolicy(written, defaultPolicy(settings));
  const found = { policy, settings: settingsUnder(policy, settings) };
  terms.set(settings, { written, terms: found });
  return found;
}

/** A document without the restrictions whose last day (UTC) is over. The clock is read only where there are days. */
export function policyToday(
  sources: Pick<PolicySources, 'now'>,
  document: InvestmentPolicy,
): InvestmentPolicy {
  return document.restrictedUntil ? policyOn(document, dayOf(sources.now())) : document;
}
