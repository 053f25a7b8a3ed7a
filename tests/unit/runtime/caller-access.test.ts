/** What a gRPC caller is known by beside its token. */
import { Failure } from '#shared/kernel/failure.ts';
import {
  requireCallerAccess,
  type GrpcCaller,
  type FacadeAccess,
} from '#gateway/facade/caller-access.ts';
import type { Effect } from '#shared/contract/row.ts';

const tokens = { read: 'r'.repeat(20), write: 'w'.repeat(20), trade: 't'.repeat(20) };
const guarded: FacadeAccess = {
  tokens,
  readAccess: 'open',
  certificateScopes: new Map([
    ['board-2', 'trade'],
    ['desk', 'read'],
  ]),
};
const LOCAL = '127.0.0.1:40000';
const AWAY = '192.168.1.20:40000';

function caller(peer: string, name?: string, authorization?: string): GrpcCaller {
  const subject = { CN: name };
  return {
    metadata: { get: () => (authorization === undefined ? [] : [authorization]) },
    getPeer: () => peer,
    getAuthContext: () =>
      name === undefined ? null : ({ sslPeerCertificate: { subject } } as never),
  };
}

function verdict(effect: Effect, from: GrpcCaller, access: FacadeAccess = guarded): string {
  try {
    requireCallerAccess(effect, from, access);
    return 'in';
  } catch (thrown) {
    return Failure.from(thrown).code;
  }
}

it.each([
  ['reads', caller(LOCAL), 'in'],
  ['writes', caller(LOCAL), 'UNAUTHENTICATED'],
  ['trades', caller(LOCAL), 'UNAUTHENTICATED'],
  ['reads', caller(AWAY), 'UNAUTHENTICATED'],
  ['reads', caller(AWAY, undefined, `Bearer ${tokens.read}`), 'in'],
  ['reads', caller(AWAY, 'stranger'), 'in'],
  ['writes', caller(AWAY, 'stranger'), 'UNAUTHENTICATED'],
  ['trades', caller(AWAY, 'board-2'), 'in'],
  ['writes', caller(AWAY, 'desk'), 'NOT_ALLOWED'],
  ['trades', caller(AWAY, 'desk', `Bearer ${tokens.trade}`), 'in'],
  ['trades', caller(AWAY, 'desk', `Bearer ${tokens.write}`), 'NOT_ALLOWED'],
] as const)('%s: case %# is as the rule says', (effect, from, answer) => {
  expect(verdict(effect, from)).toBe(answer);
});

it.each(['127.0.0.1:1', '[::1]:1', '::1:1', '::ffff:127.0.0.1:1', '[::ffff:127.0.0.1]:1'])(
  'trusts %s where callers on this machine are trusted',
  (peer) => {
    expect(verdict('trades', caller(peer), { ...guarded, loopbackScope: 'trade' })).toBe('in');
    expect(verdict('trades', caller(peer), { ...guarded, loopbackScope: 'write' })).toBe(
      'NOT_ALLOWED',
    );
  },
);

it('never trusts another machine by its address', () => {
  const trusting: FacadeAccess = { ...guarded, loopbackScope: 'trade' };
  for (const peer of [AWAY, '[fe80::1]:1', 'unknown', ''])
    expect(verdict('trades', caller(peer), trusting)).toBe('UNAUTHENTICATED');
});
