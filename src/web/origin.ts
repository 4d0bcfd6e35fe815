import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request that changes something may be believed to come from where its token belongs. What a browser
 * says of its origin must be this very host; a token that a browser sends by itself must come with such a word.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, isAmbient: boolean): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin !== undefined && (host === undefined || URL.parse(origin)?.host !== host)) return false;
  return !isAmbient || site !== undefined || origin !== undefined;
}
