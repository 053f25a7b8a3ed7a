/** What is measured must not change by measuring it; and what the process itself shows. */
import { breakerExposition } from '#gateway/runtime/observe/breaker-exposition.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { openFixtures } from './fixtures.ts';

it('a scrape is no call of the function that answers it', async () => {
  const runtime = await openFixtures({
    echo: { handler: () => Promise.resolve({ body: 'here' }) },
  });
  try {
    const { host } = runtime;
    const transport = inProcessTransport(host, { token: '' });
    const { signal } = new AbortController();
    const call = {
      name: 'echo',
      body: '',
      accept: 'application/json',
      requestId: 'r',
      signal,
    } as const;
    await transport({ ...call, isScrape: true });
    expect([host.metrics.invocations('echo'), await host.metrics.text()]).toEqual([
      0,
      expect.not.stringContaining('gateway_function_invocation_started{'),
    ]);
    await transport(call);
    expect(host.metrics.invocations('echo')).toBe(1);
  } finally {
    await runtime.close(100);
  }
});

it('the breaker of a board is open while one of its addresses does not answer', async () => {
  const states = [
    { device: 'state', isOpen: false },
    { device: 'state', isOpen: true },
    { device: 'third', isOpen: false },
  ];
  const text = await breakerExposition(() => states)();
  expect(text).toContain('trader_breaker_open{device="state"} 1');
  expect(text).toContain('trader_breaker_open{device="third"} 0');
  expect(await breakerExposition(() => [])()).toBe('');
});
