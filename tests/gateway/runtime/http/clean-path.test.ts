import fc from 'fast-check';
import { cleanUrl } from '#gateway/runtime/http/clean-path.ts';

it.each([
  // The examples of Go's path.Clean, as they are once a path is absolute.
  ['/', '/'],
  ['/abc', '/abc'],
  ['/abc/def/', '/abc/def/'],
  ['/abc//def//ghi', '/abc/def/ghi'],
  ['//abc', '/abc'],
  ['///abc', '/abc'],
  ['//abc//', '/abc/'],
  ['/abc/./def', '/abc/def'],
  ['/./abc/def', '/abc/def'],
  ['/abc/def/ghi/../jkl', '/abc/def/jkl'],
  ['/abc/def/../ghi/../jkl', '/abc/jkl'],
  ['/abc/def/..', '/abc'],
  ['/abc/def/../..', '/'],
  ['/abc/def/../../..', '/'],
  ['/abc/def/../../../ghi/jkl/../../../mno', '/mno'],
  ['/abc/./../def', '/def'],
  ['/abc//./../def', '/def'],
  ['/abc/../../././../def', '/def'],
  ['/a/..b/c..', '/a/..b/c..'],
  ['/a/%2e%2E/b', '/b'],
  ['/a/%2e%2eb', '/a/%2e%2eb'],
  ['', '/'],
  ['abc', '/abc'],
])('sends %s to %s', (path, cleaned) => {
  expect(cleanUrl(path)).toBe(cleaned);
});

it('leaves the query alone', () => {
  expect(cleanUrl('/a?u=http://b//../c')).toBe('/a?u=http://b//../c');
  expect(cleanUrl('//a?u=b//c')).toBe('/a?u=b//c');
});

it('never redirects to another host', () => {
  expect(cleanUrl('/x/..//\\evil.example/y')).toBe('/%5Cevil.example/y');
  const steps = fc.array(fc.constantFrom('/', '.', '..', '\\', '%2e', 'a', '?', '//'));
  fc.assert(
    fc.property(steps, (parts) => {
      const url = `/${parts.join('')}`;
      const cleaned = cleanUrl(url);
      if (cleaned !== url) expect(cleaned).toMatch(/^\/($|[^/\\])/);
      expect(cleanUrl(cleaned)).toBe(cleaned);
    }),
    { seed: 7 },
  );
});
