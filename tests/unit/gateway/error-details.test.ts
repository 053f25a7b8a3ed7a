/** What the facade writes into `grpc-status-details-bin`, and what a client of ours reads from it. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { errorDetails } from '#gateway/facade/status-details.ts';
import { factsOfDetails } from '#shared/clients/grpc/error-details.ts';
import { Failure } from '#shared/kernel/failure.ts';

const violations = [
  { field: 'limit', message: 'at least 0' },
  { field: 'offset', message: 'at least 0' },
];

describe('error details', () => {
  it('carry facts, violations and the delay to the client', () => {
    const failure = new Failure('TOO_BUSY', 'later', {
      retryAfterMs: 1_234,
      violations,
      rule: 'a-b',
    });
    expect(factsOfDetails(errorDetails(failure, 'r-1'))).toEqual({
      code: 'TOO_BUSY',
      requestId: 'r-1',
      rule: 'a-b',
      retryAfterMs: 1_234,
      field: 'limit',
      violations,
    });
  });

  it('stay within 4 KiB, and leave out what does not fit', () => {
    const many = Array.from({ length: 100 }, () => ({ field: 'f'.repeat(500), message: 'é' }));
    const bytes = errorDetails(
      new Failure('TOO_BUSY', 'x'.repeat(9_000), { violations: many }),
      'r',
    );
    expect(bytes.length).toBeLessThanOrEqual(4_096);
    expect(factsOfDetails(bytes)).toEqual({
      code: 'TOO_BUSY',
      requestId: 'r',
      retryAfterMs: 1_000,
    });
  });

  it('of other types are ignored, and damaged bytes give none', () => {
    const other = new BinaryWriter().uint32(10).string('type.googleapis.com/x.Y').finish();
    const status = new BinaryWriter().uint32(26).bytes(other).finish();
    expect(factsOfDetails(status)).toEqual({});
    expect(factsOfDetails(Uint8Array.of(26, 200, 1))).toEqual({});
  });
});
