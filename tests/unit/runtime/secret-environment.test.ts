import { join } from 'node:path';
import { withSecretFiles } from '#shared/process/secret-environment.ts';
import { inFolder } from '../../support/folders.ts';

describe('the address of Redis from a mounted file', () => {
  test('an environment without one stays as it is', () => {
    const env = { REDIS_URL: 'redis://one' };
    expect(withSecretFiles(env)).toBe(env);
    expect(withSecretFiles({ REDIS_URL_FILE: ' ' })).toEqual({ REDIS_URL_FILE: ' ' });
  });

  test('is the text of the file, without the newline at its end', () =>
    inFolder({ 'redis-url': 'rediss://:secret@state:6379\n' }, async (folder) => {
      const env = { REDIS_URL_FILE: join(folder, 'redis-url'), OTHER: 'x' };
      expect(withSecretFiles(env)).toMatchObject({
        REDIS_URL: 'rediss://:secret@state:6379',
        OTHER: 'x',
      });
      await Promise.resolve();
    }));

  test.each([
    ['is missing', {}, undefined, /REDIS_URL_FILE.*cannot be read \(ENOENT\)/],
    ['is empty', { 'redis-url': '\n' }, undefined, /REDIS_URL_FILE.*is empty/],
    ['is beside REDIS_URL', { 'redis-url': 'redis://two' }, 'redis://one', /set as well/],
  ])('a file that %s is refused by name', (_what, files, url, message) =>
    inFolder(files as Record<string, string>, async (folder) => {
      const env = { REDIS_URL_FILE: join(folder, 'redis-url'), REDIS_URL: url };
      expect(() => withSecretFiles(env)).toThrow(message);
      await Promise.resolve();
    }),
  );
});
