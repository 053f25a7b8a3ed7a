import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';
import type { Effect } from '#shared/contract/row.ts';
import { requireAccess, tokenFor } from '#shared/runtime/access.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';
import { until } from '../../support/until.ts';

const tokens = { read: 'r'.repeat(32), write: 'w'.repeat(32), trade: 't'.repeat(32) };

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'allowed';
  } catch (thrown) {
    return Failure.from(thrown).code;
  }
}

const asked = (effect: Effect, header: string | undefined, readAccess: 'open' | 'token') =>
  codeOf(() => requireAccess(effect, header, tokens, readAccess));

it.each([
  ['open', 'reads', undefined, 'allowed'],
  ['open', 'reads', 'Bearer nonsense', 'allowed'],
  ['open', 'writes', undefined, 'UNAUTHENTICATED'],
  // With open reading nobody needs a read token, so it is no token at all.
  ['open', 'writes', `Bearer ${tokens.read}`, 'UNAUTHENTICATED'],
  ['open', 'trades', `Bearer ${tokens.write}`, 'NOT_ALLOWED'],
  ['token', 'reads', undefined, 'UNAUTHENTICATED'],
  ['token', 'reads', 'Bearer ', 'UNAUTHENTICATED'],
  ['token', 'reads', `Basic ${tokens.read}`, 'UNAUTHENTICATED'],
  ['token', 'reads', `Bearer ${tokens.read}x`, 'UNAUTHENTICATED'],
  ['token', 'reads', `bearer ${tokens.read}`, 'allowed'],
  ['token', 'reads', `Bearer ${tokens.write}`, 'allowed'],
  ['token', 'reads', `Bearer ${tokens.trade}`, 'allowed'],
  ['token', 'writes', `Bearer ${tokens.read}`, 'NOT_ALLOWED'],
  ['token', 'writes', `Bearer ${tokens.write}`, 'allowed'],
  ['token', 'writes', `Bearer ${tokens.trade}`, 'allowed'],
  ['token', 'trades', `Bearer ${tokens.read}`, 'NOT_ALLOWED'],
  ['token', 'trades', `Bearer ${tokens.trade}`, 'allowed'],
] as const)('reading %s: what %s answers "%s" with %s', (readAccess, effect, header, outcome) => {
  expect(asked(effect, header, readAccess)).toBe(outcome);
});

it('sends the smallest token sufficient for an operation', () => {
  expect(tokenFor('reads', tokens)).toBe(tokens.read);
  expect(tokenFor('writes', tokens)).toBe(tokens.write);
  expect(tokenFor('trades', tokens)).toBe(tokens.trade);
});

it('never takes an empty token, even where a secret is unknown', () => {
  const unknown = { write: 'w'.repeat(32), trade: '' };
  expect(codeOf(() => requireAccess('trades', 'Bearer ', unknown))).toBe('UNAUTHENTICATED');
});

describe('tokens in files', () => {
  let dir: string;
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(join(dir, `${name}.draft`), text);
    await rename(join(dir, `${name}.draft`), join(dir, name));
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trader-tokens-'));
    await put('write-token', `${'a'.repeat(32)}\n`);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('are read anew when a file was replaced', async () => {
    const living = tokensIn(dir);
    expect(living.write).toBe('a'.repeat(32));
    await put('write-token', 'b'.repeat(32));
    await until(() => living.write === 'b'.repeat(32));
  });

  it.each([
    ['is missing', undefined],
    ['is too short', 'short'],
    ['has characters no header takes', `${'a'.repeat(20)}\n${'b'.repeat(20)}`],
  ])(
    'say which secret %s, without its text, and work again when it is there',
    async (why, text) => {
      const living = tokensIn(dir);
      if (text !== undefined) await put('trade-token', text);
      expect(() => living.trade).toThrow(`The secret trade-token ${why}.`);
      await put('trade-token', 'c'.repeat(32));
      expect(living.trade).toBe('c'.repeat(32));
    },
  );
});
