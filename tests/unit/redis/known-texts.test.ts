/** Texts are read once for as long as they stay, within a limit. */
import { KnownTexts } from '#shared/redis/known-texts.ts';

function counted(texts: KnownTexts) {
  const read: string[] = [];
  const at = (place: string, text: string): number =>
    texts.read(place, text, () => {
      read.push(`${place} ${text}`);
      return text.length;
    });
  return { at, read };
}

it('reads a text once, and another one at its place again', () => {
  const { at, read } = counted(new KnownTexts());
  expect([at('a', 'x'), at('a', 'x'), at('a', 'yy'), at('a', 'x')]).toEqual([1, 1, 2, 1]);
  expect(read).toEqual(['a x', 'a yy', 'a x']);
});

it('knows places apart', () => {
  const { at, read } = counted(new KnownTexts());
  at('a', 'x');
  at('b', 'x');
  expect(read).toEqual(['a x', 'b x']);
});

it('does not read a text whose value was given', () => {
  const texts = new KnownTexts();
  const { at, read } = counted(texts);
  texts.remember('a', 'x', 7);
  expect([at('a', 'x'), read]).toEqual([7, []]);
});

it('keeps no text whose reading failed', () => {
  const texts = new KnownTexts();
  const fails = () => {
    throw new Error('corrupt');
  };
  expect(() => texts.read('a', 'x', fails)).toThrow('corrupt');
  expect(() => texts.read('a', 'x', fails)).toThrow('corrupt');
});

it('lets go of those kept longest beyond its limit, and of a text longer than that', () => {
  const { at, read } = counted(new KnownTexts(5));
  at('a', 'xx');
  at('b', 'yy');
  at('c', 'zz');
  at('b', 'yy');
  at('a', 'xx');
  at('d', 'longer');
  at('d', 'longer');
  expect(read).toEqual(['a xx', 'b yy', 'c zz', 'a xx', 'd longer', 'd longer']);
});

it('counts a text that replaces another in its place', () => {
  const { at, read } = counted(new KnownTexts(4));
  at('a', 'xx');
  at('a', 'yyyy');
  at('a', 'z');
  at('b', 'ttt');
  at('a', 'z');
  expect(read).toEqual(['a xx', 'a yyyy', 'a z', 'b ttt']);
});
