import { parseHTML } from 'linkedom';
import type { Role } from '../../../src/domain/role.ts';
import { basic, type House } from './house.ts';

/* Pages as they come over the wire, without a browser. */

export interface Read {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly document: ReturnType<typeof parseHTML>['document'];
}

export async function read(house: House, address: string, role: Role = 'analyst'): Promise<Read> {
  return asRead(await fetch(house.url + address, { headers: basic(role), redirect: 'manual' }));
}

/** Posts a form as a browser does from a page of the service. */
export async function post(
  house: House,
  address: string,
  fields: readonly (readonly [string, string])[],
  role: Role,
): Promise<Read> {
  const body = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
  const headers = { ...basic(role), origin: house.url, 'sec-fetch-site': 'same-origin' };
  return asRead(await fetch(house.url + address, { method: 'POST', headers, body, redirect: 'manual' }));
}

async function asRead(answer: Response): Promise<Read> {
  const text = await answer.text();
  const { document } = parseHTML(text === '' ? '<html></html>' : text);
  return { status: answer.status, text, headers: answer.headers, document };
}

/** The text of a page's parts, without needless blanks. */
export function words({ document }: Read, selector = 'main'): string[] {
  return [...document.querySelectorAll(selector)].map((part) =>
    (part.textContent ?? '').replace(/\s+/g, ' ').trim(),
  );
}

/** What the content security policy would not allow, and what a strict reader of HTML would mind. */
export function faults({ text, document }: Read): string[] {
  const parts = [...document.querySelectorAll('*')];
  const named = parts.flatMap((part) =>
    part.getAttributeNames().filter((name: string) => name === 'style' || /^on/i.test(name)),
  );
  const inline = parts
    .filter((part) => part.tagName === 'STYLE' || (part.tagName === 'SCRIPT' && part.textContent !== ''))
    .map((part) => part.tagName);
  const ids = parts.map((part) => part.id).filter((id) => id !== '');
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const undone = text.match(/undefined|\[object |NaN|Invalid Date/g) ?? [];
  return [...named, ...inline, ...twice, ...undone];
}

/** Every address of this service that a page points to. */
export function links({ document }: Read): string[] {
  const found = [...document.querySelectorAll('[href],[src]')].map(
    (part) => part.getAttribute('href') ?? part.getAttribute('src') ?? '',
  );
  return [...new Set(found)].filter((href) => !href.startsWith('#'));
}
