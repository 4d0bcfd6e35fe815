import { setImmediate } from 'node:timers/promises';
import { formatInstant, type Instant } from '../../domain/instant.ts';
import type { FindingFilter } from '../../usecases/ports.ts';
import type { WebDeps } from '../deps.ts';
import { filterOf } from '../filter.ts';
import { findingFilter } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { problem } from './answers.ts';

/** More downloads than this at once would only make all of them slow. */
const MOST_AT_ONCE = 4;

/** The drift CSV, byte for byte as `export` writes it. */
export function driftCsvRoutes({ operations }: WebDeps): Route[] {
  let underWay = 0;

  /** A page is made in one go; between two of them everybody else has a turn, however fast the client reads. */
  async function* inTurns(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    underWay++;
    try {
      for await (const chunk of chunks) {
        yield chunk;
        await setImmediate();
      }
    } finally {
      underWay--;
    }
  }

  return [
    route({
      method: 'GET',
      path: '/reports/drift.csv',
      access: 'analyst',
      summary: 'The drift CSV of the findings asked for, streamed.',
      query: findingFilter,
      shows: {},
      streams: true,
      answers: {
        200: { description: 'RFC 4180, UTF-8, with a header.', type: 'text/csv' },
        429: problem('Too many requests, or too many downloads under way.'),
      },
      handle: ({ query }) => {
        const filter = filterOf(query);
        if (underWay >= MOST_AT_ONCE) {
          throw new Problem('rate_limited', `${MOST_AT_ONCE} downloads are under way; wait for one to end.`, {
            headers: { 'retry-after': '5' },
          });
        }
        return {
          chunks: inTurns(operations.exportCsv(filter)),
          type: 'text/csv; charset=utf-8; header=present',
          headers: { 'content-disposition': `attachment; filename="${fileNameOf(filter)}"` },
        };
      },
    }),
  ];
}

/** Says what is in it, in letters that every file system takes. */
export function fileNameOf({ from, to, kinds, statuses, userIds, teams }: FindingFilter): string {
  const stamp = (at: Instant): string => formatInstant(at).replace(/[-:]|\.\d+/g, '');
  const parts = [
    'drift',
    ...(from === undefined ? [] : ['from', stamp(from)]),
    ...(to === undefined ? [] : ['to', stamp(to)]),
    ...(kinds ?? []),
    ...(statuses ?? []),
    ...(teams ?? []),
    ...(userIds ?? []),
  ];
  const name = parts.map((part) => part.replace(/[^A-Za-z0-9_.]+/g, '-')).join('-');
  return `${name
    .replace(/-+/g, '-')
    .slice(0, 150)
    .replace(/[-.]+$/, '')}.csv`;
}
