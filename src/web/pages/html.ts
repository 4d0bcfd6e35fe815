/** A piece of HTML: text that is safe to stand in a page as it is. Only `html` and `trusted` make it. */
export interface Html {
  readonly [SAFE]: string;
}

const SAFE = Symbol('html');

/** What may stand in a template: nothing for `undefined`, `null` and `false`, so that `condition && html…` reads well. */
export type Part = Html | string | number | undefined | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Everything that is put in is escaped, for text and for attributes in quotes, unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.map((string, index) => string + (index < parts.length ? render(parts[index]) : ''));
  return trusted(text.join(''));
}

/** Text that is HTML already, as from a library that has escaped what it was given. */
export function trusted(text: string): Html {
  return { [SAFE]: text };
}

/** The HTML as text, to be sent. */
export function textOf(piece: Html): string {
  return piece[SAFE];
}

/**
 * A URL of ours: a path whose parts were encoded by the tag, and a query. What is `undefined` or empty is left out,
 * a list becomes several values of one name.
 */
export function address(
  path: string,
  query: Readonly<Record<string, string | number | undefined | readonly string[]>> = {},
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? (value as readonly string[]) : [value];
    for (const one of values) if (one !== undefined && one !== '') search.append(name, String(one));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A path whose values are encoded, so that none of them can leave its place. */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return strings
    .map((string, index) => string + (index < values.length ? encoded(String(values[index])) : ''))
    .join('');
}

/** A segment of dots would be resolved away, even when it is encoded: an id that is only dots has no page. */
function encoded(value: string): string {
  return encodeURIComponent(value).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));
}

function render(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (isList(part)) return part.map(render).join('');
  if (typeof part === 'object') return part[SAFE];
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}
