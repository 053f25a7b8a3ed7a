import { redacted } from '#shared/clients/redacted.ts';

it.each([
  ['key PKPLANTED is wrong', 'key [secret] is wrong'],
  ['?t=a%2Fb%3Dcdef&v=3', '?t=[secret]&v=3'],
  ['PKPLANTED,PKPLANTED', '[secret],[secret]'],
  ['say \\"hello\\" twice', '[secret] twice'],
  ['nothing here', 'nothing here'],
])('%s becomes %s', (text, clean) => {
  expect(redacted(text, ['PKPLANTED', 'a/b=cdef', 'say "hello"', 'no'])).toBe(clean);
});
