import type { FacadeCall } from '#gateway/facade/call.ts';
import { OpenCalls } from '#gateway/facade/open-calls.ts';

function callNamed(name: string, stopped: string[]): FacadeCall {
  const call = { place: 0, stopped: () => name, abort: (why: string) => void stopped.push(why) };
  return call as unknown as FacadeCall;
}

it('stops the calls that have not ended, in whatever order the others did', () => {
  const stopped: string[] = [];
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => callNamed(name, stopped)) as [
    FacadeCall,
    FacadeCall,
    FacadeCall,
    FacadeCall,
  ];
  const open = new OpenCalls();
  for (const call of [a, b, c, d]) open.add(call);
  open.remove(a);
  open.remove(d);
  open.add(a);
  open.remove(b);
  open.stop();
  expect(stopped.toSorted()).toEqual(['a', 'c']);
});
