import { LastAnswers } from '#shared/clients/remote/last-answers.ts';

let nowMs = 0;
const answers = () => new LastAnswers<string>(() => nowMs);

test('an answer is recalled for the same question only, with its age', () => {
  const last = answers();
  last.remember('get-plan', { planId: 'a', deep: { x: 1, y: 2 } }, 'A');
  nowMs += 500;
  expect(last.recall('get-plan', { deep: { y: 2, x: 1 }, planId: 'a' }, 1_000)).toEqual({
    value: 'A',
    ageMs: 500,
  });
  expect(last.recall('get-plan', { planId: 'b' }, 1_000)).toBeUndefined();
  expect(last.recall('list-plans', { planId: 'a', deep: { x: 1, y: 2 } }, 1_000)).toBeUndefined();
});

test('an answer that is too old is not given', () => {
  const last = answers();
  last.remember('get-plan', {}, 'A');
  nowMs += 1_000;
  expect(last.recall('get-plan', {}, 1_000)?.value).toBe('A');
  nowMs += 1;
  expect(last.recall('get-plan', {}, 1_000)).toBeUndefined();
});

test('a newer answer takes the place of the older one', () => {
  const last = answers();
  last.remember('get-plan', {}, 'A');
  nowMs += 900;
  last.remember('get-plan', {}, 'B');
  expect(last.recall('get-plan', {}, 1_000)).toEqual({ value: 'B', ageMs: 1 });
});

test('the number of answers is bounded; the oldest goes', () => {
  const last = answers();
  for (let i = 0; i <= 128; i += 1) last.remember('get-plan', { i }, String(i));
  expect(last.recall('get-plan', { i: 0 }, 1_000)).toBeUndefined();
  expect(last.recall('get-plan', { i: 1 }, 1_000)?.value).toBe('1');
  expect(last.recall('get-plan', { i: 128 }, 1_000)?.value).toBe('128');
});
