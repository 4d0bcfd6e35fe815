import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address, html, path, textOf, trusted } from '../../../src/web/pages/html.ts';

const HOSTILE = `<script>alert("1")</script>' onload='x' & </title>`;

describe('a template', () => {
  it('escapes whatever is put in, in text and in attributes', () => {
    expect(textOf(html`<p title="${HOSTILE}">${HOSTILE}</p>`)).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39; onload=&#39;x&#39; &amp; &lt;/title&gt;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39; onload=&#39;x&#39; &amp; &lt;/title&gt;</p>',
    );
  });

  it('lets no text out of its place, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inner = textOf(html`<i data-x="${text}">${text}</i>`).slice(
          '<i data-x="'.length,
          -'</i>'.length,
        );
        expect(inner).not.toMatch(/[<']|"(?!>)/);
        expect(inner.split('">')).toHaveLength(2);
      }),
    );
  });

  it('takes HTML and lists of it as they are, and nothing for what is not there', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(textOf(html`<ul>${items}${undefined}${null}${false}${0}</ul>`)).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li>0</ul>',
    );
    expect(textOf(html`${trusted('<hr>')}`)).toBe('<hr>');
  });

  it('takes no object that looks like HTML: only this program makes it', () => {
    const forged = JSON.parse('{"html":"<script>","Symbol(html)":"<script>"}') as never;
    expect(textOf(html`${forged}`)).not.toContain('<script>');
  });
});

describe('an address', () => {
  it('keeps values in their place', () => {
    expect(path`/agents/${'../a?b#c/ö'}`).toBe('/agents/..%2Fa%3Fb%23c%2F%C3%B6');
    expect(address('/x', { a: '1&b=2', c: ['d', '</e>'], f: undefined, g: '' })).toBe(
      '/x?a=1%26b%3D2&c=d&c=%3C%2Fe%3E',
    );
    expect(address('/x')).toBe('/x');
  });
});
