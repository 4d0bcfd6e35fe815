import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Route, route } from '../route.ts';

const FILES = [
  ['style.css', 'text/css; charset=utf-8'],
  ['page.js', 'text/javascript; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
] as const;

/** The few files that pages refer to: read once, and the only ones that can be asked for. */
export function assetRoutes(): Route[] {
  return FILES.map(([name, type]) => {
    const text = readFileSync(join(import.meta.dirname, '../assets', name), 'utf8');
    return route({
      method: 'GET',
      path: `/assets/${name}`,
      access: 'analyst',
      summary: 'What pages are made of, beside themselves.',
      handle: () => ({ text, type, headers: { 'cache-control': 'private, max-age=300' } }),
    });
  });
}
