import { FunctionLayout, type PlatformAnswer } from '#shared/clients/function-layout.ts';

/** A gateway that has these functions; an answer's body is the address that was called. */
function gatewayWith(...functions: string[]) {
  const calls: string[] = [];
  const dropped: string[] = [];
  const attempt = (address: string): Promise<PlatformAnswer & { address: string }> => {
    calls.push(address);
    const [name = ''] = address.split('/');
    const answer = functions.includes(name)
      ? { status: 200, contentType: 'application/json' }
      : { status: 404, contentType: 'text/plain; charset=utf-8' };
    return Promise.resolve({ ...answer, address, drop: () => void dropped.push(address) });
  };
  return { attempt, calls, dropped, functions };
}

describe('the layout of what a gateway has deployed', () => {
  test('a function of its own is called by its name', async () => {
    const { attempt, calls } = gatewayWith('planning-get-plan');
    const { address } = await new FunctionLayout().reach('planning-get-plan', attempt);
    expect(address).toBe('planning-get-plan');
    expect(calls).toEqual(['planning-get-plan']);
  });

  test('an operation of a packed service is found by path, and at once from then on', async () => {
    const { attempt, calls, dropped } = gatewayWith('planning');
    const layout = new FunctionLayout();
    await layout.reach('planning-get-plan', attempt);
    await layout.reach('planning-list-plans', attempt);
    expect(calls).toEqual(['planning-get-plan', 'planning/get-plan', 'planning/list-plans']);
    expect(dropped).toEqual(['planning-get-plan']);
  });

  test('what is deployed may change while callers go on', async () => {
    const gateway = gatewayWith('planning');
    const layout = new FunctionLayout();
    await layout.reach('planning-get-plan', gateway.attempt);
    gateway.functions.splice(0, 1, 'planning-get-plan');
    const { status } = await layout.reach('planning-get-plan', gateway.attempt);
    expect(status).toBe(200);
  });

  test('services may be packed one by one', async () => {
    const { attempt, calls } = gatewayWith('planning', 'scoring-score-security');
    const layout = new FunctionLayout();
    await layout.reach('planning-get-plan', attempt);
    await layout.reach('scoring-score-security', attempt);
    expect(calls.slice(2)).toEqual(['scoring-score-security']);
  });

  test('readiness is asked of the operation in either layout', async () => {
    const { attempt } = gatewayWith('planning');
    const { address } = await new FunctionLayout().reach('planning-get-plan/_/ready', attempt);
    expect(address).toBe('planning/get-plan/_/ready');
  });

  test('where neither is deployed, the usual address is answered for', async () => {
    const { attempt } = gatewayWith();
    const { address, status } = await new FunctionLayout().reach('planning-get-plan', attempt);
    expect([address, status]).toEqual(['planning-get-plan', 404]);
  });

  test.each([
    ['a function’s own "not found"', { status: 404, contentType: 'application/json' }],
    ['a function that cannot work now', { status: 503, contentType: 'text/plain' }],
    ['a call that the gateway refuses', { status: 429, contentType: 'text/plain' }],
  ])('%s is an answer, and nothing is called twice', async (_what, answer) => {
    let calls = 0;
    const attempt = (): Promise<PlatformAnswer> => {
      calls += 1;
      return Promise.resolve(answer);
    };
    expect(await new FunctionLayout().reach('planning-get-plan', attempt)).toBe(answer);
    expect(calls).toBe(1);
  });

  test('OpenFaaS that does not check before it calls answers 503 for an unknown function', async () => {
    const attempt = (address: string): Promise<PlatformAnswer> =>
      Promise.resolve(
        address.includes('/')
          ? { status: 200 }
          : { status: 503, contentType: 'text/plain', internal: 'proxy' },
      );
    expect(await new FunctionLayout().reach('planning-get-plan', attempt)).toEqual({ status: 200 });
  });
});
