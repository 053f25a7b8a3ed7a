/** Changes of single parts of a policy's text, on texts with and without those parts. */
import {
  restrictedUntil,
  restrictionOf,
  withRestriction,
  withTargets,
} from '#shared/portfolio/policy/policy-edits.ts';
import { parsePolicy } from '#shared/portfolio/policy/policy-document.ts';

const A = 'US0378331005';
const B = 'DE0007164600';
const DAY = '2027-03-31';
const texts = [
  '',
  '# nothing yet\n',
  'limits:\n  securityMaxRatio: 0.2 # not more\n',
  `frozen: [${B}] # theirs\n`,
  `targets:\n  securities:\n    GB0002634946: 0.3 # core\n    ${B}: 0.2 # small\n`,
  `excluded:\n  - ${A} # since May\n`,
  `excluded: [${A}, ${B}]\nrestrictedUntil:\n  ${B}: 2026-12-31 # the report\n`,
  `{"sellOnly":["${A}"],"restrictedUntil":{"${A}":"2026-12-31"}}`,
];

describe.each(texts)('in %j', (text) => {
  it.each(['excluded', 'sellOnly', 'frozen'] as const)('a security is %s until a day', (list) => {
    const until = withRestriction(text, A, list, DAY);
    expect(parsePolicy(until, 'document')).toMatchObject({ restrictedUntil: { [A]: DAY } });
    expect([restrictionOf(until, A), restrictedUntil(until, A)]).toEqual([list, DAY]);
    const forGood = withRestriction(until, A, list);
    expect([restrictionOf(forGood, A), restrictedUntil(forGood, A)]).toEqual([list, '']);
    parsePolicy(forGood, 'document');
    // What the owner wrote of others stays, with its comments.
    for (const comment of text.match(/# \w.*/g) ?? [])
      if (!comment.includes('since May')) expect(until).toContain(comment);
    expect([restrictionOf(until, B), restrictedUntil(until, B)]).toEqual([
      restrictionOf(text, B),
      restrictedUntil(text, B),
    ]);
  });

  it('is taken from all lists again', () => {
    const none = withRestriction(text, A, 'none', DAY);
    expect([restrictionOf(none, A), restrictedUntil(none, A)]).toEqual(['none', '']);
    parsePolicy(none, 'document');
    expect(withRestriction(none, A, 'none')).toBe(none);
  });

  it('own targets are set and removed, also where there were none', () => {
    const set = withTargets(text, new Map([[B, 0.1]]));
    expect(set).toContain(`${B}: 0.1`);
    expect(withTargets(set, new Map())).not.toContain('targets');
    parsePolicy(withTargets(text, new Map()), 'document');
    if (text.includes('# small')) expect(set).toContain('# small');
  });
});
