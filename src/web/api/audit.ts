import { z } from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import type { TrailCursor, TrailFilter, TrailRow } from '../../usecases/web-ports.ts';
import { cursor, writeCursor } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import { isoInstant } from '../documents.ts';
import { requireRange } from '../filter.ts';
import { id, instant, limit } from '../inputs.ts';
import { type Route, route } from '../route.ts';
import { answer, json } from './answers.ts';

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

const decisionRow = z.object({
  type: z.literal('decision'),
  at: isoInstant,
  who: z.string().describe('A person, or the job that acted by itself.'),
  event: z.string().describe('`status_sent`, `acw_bypassed`, `override_blocked`, …'),
  userId: z.string().nullable(),
  subject: z.string().nullable().describe('The change, session or override it is about.'),
  why: z.string(),
  read: z.unknown().describe('What was read before deciding; null where there is none.'),
  sent: z.unknown(),
  answer: z.unknown(),
});

const trailList = z.object({
  items: z.array(z.discriminatedUnion('type', [accessRow, changeRow, decisionRow])),
  next: z.string().nullable(),
});

const KEY = z.tuple([z.int(), z.int(), z.int()]);
const START = Number.MAX_SAFE_INTEGER;

/** Who was shown what, who changed what, and what was decided about agents' states. */
export function auditRoutes({ store }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/audit',
      access: 'analyst',
      summary:
        "Who was shown what of whose data, every change of a finding's, correction's or run's status, and every decision about an agent's state.",
      query: z.strictObject({
        type: z.enum(['access', 'change', 'decision']).optional(),
        subject: id
          .optional()
          .describe('A user id, or the id of a finding, correction, run, change, session or override.'),
        event: z.string().min(1).max(100).optional().describe('Of decisions; others have none.'),
        from: instant.optional(),
        to: instant.optional().describe('Exclusively.'),
        limit: limit(100, 500),
        cursor: cursor(KEY),
      }),
      shows: {},
      answers: { 200: answer('A page of the trail, the latest first.', trailList) },
      handle: async ({ query: { limit: most, cursor: key, ...given } }) => {
        requireRange(given.from, given.to);
        const [access = START, change = START, decision = START] = key ?? [];
        const start = { access, change, decision };
        const filter = filterOf(given);
        const rows = await store.trailPage(filter, most + 1, start);
        const shown = rows.slice(0, most);
        const end = shown.reduce(further, start);
        const next = rows.length > most ? writeCursor([end.access, end.change, end.decision]) : null;
        return json({ items: shown.map(toDocument), next });
      },
    }),
  ];
}

/** Each book goes on where it was read to. */
function further(at: TrailCursor, { type, sequence }: TrailRow): TrailCursor {
  return { ...at, [type]: sequence };
}

function filterOf({
  type,
  subject,
  event,
  from,
  to,
}: { [Key in keyof TrailFilter]: TrailFilter[Key] | undefined }): TrailFilter {
  return {
    ...(type && { type }),
    ...(subject && { subject }),
    ...(event && { event }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function toDocument(row: TrailRow): z.infer<typeof trailList>['items'][number] {
  if (row.type === 'access') {
    const { at, who, role, what, subject, asked } = row;
    const query = (asked as Record<string, unknown> | undefined) ?? null;
    return { type: 'access', at: formatInstant(at), who, role, what, subject: subject ?? null, asked: query };
  }
  if (row.type === 'decision') {
    const {
      at,
      actor: who,
      event,
      userId = null,
      subject = null,
      why,
      read = null,
      sent = null,
      answer: got = null,
    } = row;
    return {
      type: 'decision',
      at: formatInstant(at),
      who,
      event,
      userId,
      subject,
      why,
      read,
      sent,
      answer: got,
    };
  }
  const { at, actor, entity, entityId, from, to, why } = row;
  return { type: 'change', at: formatInstant(at), who: actor, entity, entityId, from: from ?? null, to, why };
}
