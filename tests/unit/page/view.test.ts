import { Format } from '#shared/page/view/format.ts';
import { html } from '#shared/page/view/html.ts';

const textOf = (markup: { toString(): string }): string =>
  markup.toString().replace(/<[^>]*>/g, '');

describe('a template', () => {
  it('escapes every value but HTML, and leaves out what is absent or false', () => {
    const name = `<b onclick="x('&')">`;
    expect(html`<p title="${name}">${name}${undefined}${false}${null}${0}</p>`.text).toBe(
      '<p title="&lt;b onclick=&quot;x(&#39;&amp;&#39;)&quot;&gt;">&lt;b onclick=&quot;x(&#39;&amp;&#39;)&quot;&gt;0</p>',
    );
    const list = html`<ul>
      ${[html`<li>1</li>`, html`<li>${'<'}</li>`]}
    </ul>`;
    expect(list.text.replace(/\s/g, '')).toBe('<ul><li>1</li><li>&lt;</li></ul>');
  });
});

describe('an amount', () => {
  it.each([
    ['en-GB', '€12,345,678,901,234,567.89'],
    ['de-DE', '12.345.678.901.234.567,89\u00a0€'],
    ['fr-FR', '12\u202f345\u202f678\u202f901\u202f234\u202f567,89\u00a0€'],
  ])('keeps all its digits in %s', (locale, text) => {
    const money = { amount: '12345678901234567.89', currency: 'EUR' };
    expect(textOf(new Format(locale).money(money))).toBe(text);
  });

  it('of a gain has its sign and a word; nothing gained has neither', () => {
    const format = new Format('en-GB');
    expect(textOf(format.gain({ amount: '12.50', currency: 'EUR' }, 0.021))).toMatch(
      /^gain \+€12.50 \+2.1%$/,
    );
    expect(textOf(format.gain({ amount: '-12.50', currency: 'EUR' }))).toBe('loss −€12.50');
    expect(textOf(format.gain({ amount: '0.00', currency: 'EUR' }))).toBe('€0.00');
  });
});
