import { atFirstUse } from '#shared/kernel/at-first-use.ts';

describe('what is made at its first use', () => {
  it('is not made before, and once', () => {
    let made = 0;
    const get = atFirstUse(() => ({ number: (made += 1) }));
    expect(made).toBe(0);
    expect(get()).toBe(get());
    expect(made).toBe(1);
  });

  it('may be undefined', () => {
    let made = 0;
    const get = atFirstUse((): undefined => void (made += 1));
    expect([get(), get(), made]).toEqual([undefined, undefined, 1]);
  });

  it('is tried again where it could not be made', () => {
    let tries = 0;
    const get = atFirstUse(() => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return tries;
    });
    expect(get).toThrow('not yet');
    expect(get()).toBe(2);
  });
});
