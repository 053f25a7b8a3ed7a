/** Skeleton of a new operation, generated from its two names. */
import {
  functionName,
  handlerFolder,
  rpcName,
  serviceNames,
  type ServiceName,
} from '#shared/contract/names.ts';

export interface NewOperation {
  readonly service: ServiceName;
  /** `create-plan` */
  readonly kebab: string;
  /** `createPlan` */
  readonly rpc: string;
}

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** A function's name is a DNS label. */
const FUNCTION_NAME_MAX = 63;

/** @returns the operation, or what is wrong with the names */
export function newOperation(service: string, kebab: string): NewOperation | { wrong: string } {
  const known = serviceNames.find((name) => name === service);
  if (!known) return { wrong: `"${service}" is no service; one of ${serviceNames.join(', ')}` };
  if (!KEBAB.test(kebab)) return { wrong: `"${kebab}" is not written like-this` };
  const rpc = kebab.replace(/-([a-z0-9])/g, (_dash, letter: string) => letter.toUpperCase());
  if (rpc === 'healthCheck') return { wrong: 'every service has its HealthCheck already' };
  const name = functionName(known, rpc);
  if (name.length > FUNCTION_NAME_MAX)
    return { wrong: `${name} is over ${FUNCTION_NAME_MAX} long` };
  return { service: known, kebab, rpc };
}

/**
 * The proto with the rpc before HealthCheck, and its two messages at the end.
 * @returns undefined when it has an rpc or a message of that name
 */
export function withRpc(proto: string, { service, rpc }: NewOperation): string | undefined {
  const [, name = ''] = rpcName(service, rpc).split('/');
  if (new RegExp(`\\b(rpc ${name}|message ${name}(Request|Response))\\b`).test(proto))
    return undefined;
  const line = `  // What it does, in a sentence.\n  rpc ${name}(${name}Request) returns (${name}Response);\n`;
  const health = /^ {2}rpc HealthCheck\(/m;
  if (!health.test(proto)) return undefined;
  const messages = `\nmessage ${name}Request {}\n\nmessage ${name}Response {}\n`;
  return `${proto.replace(health, (found) => `${line}${found}`).trimEnd()}\n${messages}`;
}

export function handlerText({ service, rpc }: NewOperation): string {
  return `/** What this answers, what it changes, and when it refuses. */
import { ${service} } from '#shared/contract/${service}.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(${service}.${rpc}, async () => ({}));
`;
}

export function testText({ service, kebab, rpc }: NewOperation): string {
  return `import request from 'supertest';
import handler from '../../../${handlerFolder(service, rpc)}/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { openTestDependencies, startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';

/** A request that is answered: each field that it needs. */
const VALID = {};

describe('${service}-${kebab}', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  beforeAll(async () => {
    redis = await startTestRedis();
    dependencies = await openTestDependencies(redis);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  const post = (body: object) => request(endpointOf(handler, dependencies)).post('/').send(body);

  it('answers', async () => {
    expect((await post(VALID)).status).toBe(200);
  });

  it('refuses a field that the request does not have', async () => {
    const { status, body } = await post({ ...VALID, surprise: 1 });
    expect({ status, code: body.code, field: body.field }).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
      field: 'surprise',
    });
  });
});
`;
}

/** The row to put into the contract. */
export function rowText({ rpc }: NewOperation): string {
  return `  ${rpc}: {
    ...usual.read,
    summary: 'One sentence for the operations page.',
    get request() {
      return request({});
    },
  },`;
}
