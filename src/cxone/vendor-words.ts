import type { IncomingHttpHeaders } from 'node:http';

/** Longest text of the vendor that enters an error message, in characters. */
export const MAX_WORDS = 300;
/** What is looked at of an error body, in characters. */
const MAX_READ = 65_536;
const MAX_REQUEST_ID = 100;
/** What of the words is scrubbed before they are cut: more than any secret that the cut could go through. */
const MAX_SCRUBBED = 8_192;

export type Scrub = (text: string) => string;

const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'x-correlation-id',
  'x-trace-id',
  'traceid',
  'x-amzn-requestid',
];

/**
 * What the vendor says about an error, in one line; `undefined` when it says nothing. Knows the shapes of
 * vendor-api.md 7: `{code, message}`, `{error, error_description}`, `{Message}`, plain text, and an empty body
 * with the text in the header `icStatusDescription`. Scrubbed of secrets before it is cut, for half a secret is
 * no longer recognised as one.
 */
export function vendorWords(text: string, headers: IncomingHttpHeaders, scrub: Scrub): string | undefined {
  return (
    oneLine(bodyWords(text.slice(0, MAX_READ)), MAX_WORDS, scrub) ??
    oneLine(headerText(headers, 'icstatusdescription'), MAX_WORDS, scrub)
  );
}

/** The vendor's own id of the request, for asking its support. */
export function vendorRequestId(headers: IncomingHttpHeaders, scrub: Scrub): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = oneLine(headerText(headers, name), MAX_REQUEST_ID, scrub);
    if (id !== undefined) return id;
  }
  return undefined;
}

function bodyWords(text: string): string | undefined {
  const parsed = parsedObject(text);
  if (parsed !== undefined) return objectWords(parsed) ?? nestedWords(parsed) ?? text;
  return /^\s*</.test(text) ? htmlWords(text) : text;
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function objectWords(body: Record<string, unknown>): string | undefined {
  const name = firstText(body.code, body.error);
  const sentence = firstText(body.message, body.error_description, body.Message);
  if (name === undefined || sentence === undefined) return name ?? sentence;
  return `${name}: ${sentence}`;
}

function nestedWords(body: Record<string, unknown>): string | undefined {
  const { error } = body;
  return typeof error === 'object' && error !== null
    ? objectWords(error as Record<string, unknown>)
    : undefined;
}

function htmlWords(text: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1];
  return title ?? text.replace(/<[^>]*>/g, ' ');
}

function firstText(...values: unknown[]): string | undefined {
  for (const value of values) {
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Control characters would let the vendor write lines into our log. */
function oneLine(text: string | undefined, maxLength: number, scrub: Scrub): string | undefined {
  if (text === undefined) return undefined;
  const line = scrub(text.slice(0, MAX_SCRUBBED))
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (line === '') return undefined;
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
