import { z } from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import type { TrailCursor, TrailRow } from '../../usecases/web-ports.ts';
import { cursor, writeCursor } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import { isoInstant } from '../documents.ts';
import { id, limit } from '../inputs.ts';
import { type Route, route } from '../route.ts';
import { answer, INVALID, json } from './answers.ts';

const accessRow = z.object({
  type: z.literal('access'),
  at: isoInstant,
  who: z.string(),
  role: z.string(),
  what: z.string().describe('The route.'),
  subject: z.string().nullable().describe('A user id or the id of a finding, where it was about one.'),
  asked: z.looseObject({}).nullable().describe('The query as it was read.'),
});

const changeRow = z.object({
  type: z.literal('change'),
  at: isoInstant,
  who: z.string(),
  entity: z.enum(['finding', 'correction', 'run']),
  entityId: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  why: z.string(),
});

export const trailList = z.object({
  items: z.array(z.discriminatedUnion('type', [accessRow, changeRow])),
  next: z.string().nullable(),
});

/** Who was shown what, and who changed what. */
export function auditRoutes({ store }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/audit',
      access: 'analyst',
      summary:
        "Who was shown what of whose data, and every change of a finding's, correction's or run's status.",
      query: z.strictObject({
        type: z.enum(['access', 'change']).optional(),
        subject: id.optional().describe('A user id, or the id of a finding, correction or run.'),
        limit: limit(100, 500),
        cursor: cursor(z.tuple([z.int(), z.int()])),
      }),
      shows: {},
      answers: { 200: answer('A page of the trail, the latest first.', trailList), ...INVALID },
      handle: async ({ query: { type, subject, limit: most, cursor: key } }) => {
        const start = {
          access: key?.[0] ?? Number.MAX_SAFE_INTEGER,
          change: key?.[1] ?? Number.MAX_SAFE_INTEGER,
        };
        const filter = { ...(type && { type }), ...(subject && { subject }) };
        const rows = await store.trailPage(filter, most + 1, start);
        const shown = rows.slice(0, most);
        const { access, change } = shown.reduce(further, start);
        const next = rows.length > most ? writeCursor([access, change]) : null;
        return json({ items: shown.map(toDocument), next });
      },
    }),
  ];
}

/** Each book goes on where it was read to. */
function further(at: TrailCursor, { type, sequence }: TrailRow): TrailCursor {
  return type === 'access' ? { ...at, access: sequence } : { ...at, change: sequence };
}

function toDocument(row: TrailRow): z.infer<typeof accessRow> | z.infer<typeof changeRow> {
  if (row.type === 'access') {
    const { at, who, role, what, subject, asked } = row;
    const query = (asked as Record<string, unknown> | undefined) ?? null;
    return { type: 'access', at: formatInstant(at), who, role, what, subject: subject ?? null, asked: query };
  }
  const { at, actor, entity, entityId, from, to, why } = row;
  return { type: 'change', at: formatInstant(at), who: actor, entity, entityId, from: from ?? null, to, why };
}
