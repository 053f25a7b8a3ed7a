/** Keys, numbers and bytes that mean nothing, through every transport and in every encoding: refused by name. */
import { Client, type ServiceError } from '@grpc/grpc-js';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import request from 'supertest';
import { detailsOf } from '../../support/endpoints/read-error-details.ts';
import { openFacadeFixture, type FacadeFixture } from '../../support/endpoints/facade-fixture.ts';
import { plain } from '../../support/endpoints/grpc.ts';
import { endpointOf } from '../../support/host.ts';
import optimizeAllocation from '../../../functions/optimization/optimize-allocation/handler.ts';

const PATH = '/arduino_trader.optimization.OptimizationService/OptimizeAllocation';
/** `sector_limits` of the request, a map of doubles; `objective` has the number 6. */
const SECTOR_LIMITS = 10;

let fixture: FacadeFixture;
beforeAll(async () => {
  fixture = await openFacadeFixture();
});
afterAll(() => fixture.close());

function entry(key: Uint8Array, value: number): Buffer {
  const inner = new BinaryWriter().tag(1, 2).bytes(key).tag(2, 1).double(value).finish();
  return Buffer.from(new BinaryWriter().tag(SECTOR_LIMITS, 2).bytes(inner).finish());
}

const text = (key: string): Uint8Array => Buffer.from(key);

/** @returns fields that were refused */
async function overGrpc(bytes: Buffer): Promise<string[]> {
  const client = new Client(fixture.address('optimization'), plain);
  const same = (message: Buffer): Buffer => message;
  const error = await new Promise<ServiceError | null>((resolve) =>
    client.makeUnaryRequest(PATH, same, same, bytes, (failure) => resolve(failure)),
  );
  client.close();
  if (!error) return [];
  const { fieldViolations } = detailsOf(error).details['BadRequest'] as {
    fieldViolations: { field: string }[];
  };
  return fieldViolations.map(({ field }) => field);
}

async function overHttp(body: Buffer | string, type: string): Promise<string[]> {
  const { status, body: answer } = await request(
    endpointOf(optimizeAllocation, fixture.dependencies),
  )
    .post('/')
    .set('content-type', type)
    .serialize((bytes: unknown) => bytes as string)
    .send(body)
    .buffer(true)
    .parse((stream, done) => {
      let received = '';
      stream.on('data', (chunk: Buffer) => (received += String(chunk)));
      stream.on('end', () => done(null, received));
    });
  if (status === 200) return [];
  const { violations } = JSON.parse(String(answer)) as { violations: { field: string }[] };
  return violations.map(({ field }) => field);
}

it.each([
  ['a prototype as a key', entry(text('__proto__'), 0.5), '__proto__'],
  ['NaN in a map', entry(text('Energy'), Number.NaN), 'sectorLimits.Energy'],
  ['infinity in a map', entry(text('Energy'), Number.POSITIVE_INFINITY), 'sectorLimits.Energy'],
  ['a key that is not UTF-8', entry(Uint8Array.of(0xc3, 0x28), 0.5), 'a key of sectorLimits'],
  ['an empty key', entry(text(''), 0.5), 'sectorLimits.'],
])('%s is refused by name in protobuf', async (_what, bytes, field) => {
  expect({ gRPC: await overGrpc(bytes) }).toEqual({ gRPC: [field] });
  expect(await overHttp(bytes, 'application/x-protobuf')).toEqual([field]);
});

it.each([
  ['a prototype as a key', '{"sectorLimits":{"__proto__":0.5}}', '__proto__'],
  ['an escaped prototype', '{"sectorLimits":{"\\u005f_proto__":0.5}}', '__proto__'],
  ['NaN as text', '{"sectorLimits":{"Energy":"NaN"}}', 'sectorLimits.Energy'],
  ['infinity as text', '{"sectorLimits":{"Energy":"Infinity"}}', 'sectorLimits.Energy'],
  ['a number beyond doubles', '{"sectorLimits":{"Energy":1e999}}', 'sectorLimits.Energy'],
  ['text beyond doubles', '{"sectorLimits":{"Energy":"1e999"}}', 'sectorLimits.Energy'],
  ['a method as a key', '{"sectorLimits":{"constructor":0.5}}', 'sectorLimits.constructor'],
])('%s is refused by name in JSON', async (_what, json, field) => {
  expect(await overHttp(json, 'application/json')).toEqual([field]);
});

it.each([
  ['{"portfolioHash":"\xc3("}', 'portfolioHash'],
  ['{"targetAllocations":[{"isin":"DE\xff"}]}', 'targetAllocations[0].isin'],
  ['{"sectorLimits":{"\xc3(":0.5}}', 'a key of sectorLimits'],
  ['{"portfolioHash":\xc3}', 'body'],
])('text that is not UTF-8 is refused by its field: %j', async (json, field) => {
  expect(await overHttp(Buffer.from(json, 'latin1'), 'application/json')).toEqual([field]);
});
