import { Failure } from '#shared/kernel/failure.ts';
import { parseStack } from '#gateway/runtime/deployments/stack-file.ts';
import { substituted } from '#gateway/runtime/deployments/substitution.ts';

describe('variables of a stack file', () => {
  test.each([
    ['a${X}b', {}, 'ab'],
    ['${X}', { X: '1' }, '1'],
    ['${X:-d}', {}, 'd'],
    ['${X:-d}', { X: '' }, 'd'],
    ['${X:-d}', { X: '1' }, '1'],
    ['${X:=d} ${X=e}', {}, 'd e'],
    ['${X:-a:b/c}', {}, 'a:b/c'],
    ['$X and $ stay', { X: '1' }, '$X and $ stay'],
  ])('%s with %o is %s', (text, env, expected) => {
    expect(substituted(text, env)).toBe(expected);
  });

  test.each(['${X:?none}', '${X-d}', '${}', '${X^^}'])('%s is refused, and named', (text) => {
    expect(() => substituted(text, {})).toThrow(Failure);
    expect(() => substituted(text, {})).toThrow(/understood/);
  });

  test('images take their prefix and tag from the environment', () => {
    const stack =
      'provider: { name: openfaas }\nfunctions:\n  a: { handler: ./a, image: "${P:-x}/a:${T:-latest}" }\n';
    expect(parseStack(stack)[0]?.image).toBe('x/a:latest');
    expect(parseStack(stack, { P: 'reg:5000/y', T: '7' })[0]?.image).toBe('reg:5000/y/a:7');
  });
});
