/**
 * Tokens that answer a plan from a message: 128 random bits each, of which only the hash is kept,
 * with the proposal. Each works once, and expires with the proposal.
 */
import { randomBytes } from 'node:crypto';
import { Failure, refused } from '#shared/kernel/failure.ts';
import { textHash } from '#shared/kernel/hash.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Database } from '#shared/redis/database.ts';
import { same } from '#shared/runtime/access.ts';
import type { AnswerToken, AnswerVerb, Proposal } from '../model/proposal.ts';
import { ProposalStore } from './proposal-store.ts';

const TOKEN_BYTES = 16;
/** Of one plan; the oldest are forgotten first. */
const TOKENS_MAX = 40;

export interface TokenMatch {
  readonly account: AccountId;
  readonly proposal: Proposal;
  readonly token: AnswerToken;
}

/** @throws Failure NOT_FOUND; REFUSED proposal-state where the plan does not wait for an answer */
export async function makeTokens(
  store: ProposalStore,
  planId: string,
  recipient: string,
): Promise<Record<AnswerVerb, string> & { readonly proposal: Proposal }> {
  const [approve, reject] = [newToken(), newToken()];
  const proposal = await store.change(planId, (current) => {
    if (current.state !== 'PROPOSED')
      throw refused(
        'proposal-state',
        `The plan ${planId} is ${current.state} and not asked about.`,
      );
    const made: AnswerToken[] = [
      { hash: textHash(approve), verb: 'approve', recipient },
      { hash: textHash(reject), verb: 'reject', recipient },
    ];
    return { ...current, tokens: [...current.tokens, ...made].slice(-TOKENS_MAX) };
  });
  return { approve, reject, proposal };
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** @throws Failure NOT_ALLOWED for a token that was used, belongs to a closed question, or never was */
export async function findToken(
  database: Database,
  baseCurrency: Currency,
  token: string,
): Promise<TokenMatch> {
  const hash = textHash(token);
  for (const account of await new Accounts(database, baseCurrency).ids())
    for (const proposal of await new ProposalStore(database, account).all()) {
      const found = proposal.tokens.find((one) => same(one.hash, hash));
      if (found) return { account, proposal, token: found };
    }
  throw new Failure(
    'NOT_ALLOWED',
    'token: it was used already, its plan is not asked about any more, or there never was one.',
    { field: 'token' },
  );
}
