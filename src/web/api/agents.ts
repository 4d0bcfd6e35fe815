import { z } from 'zod';
import { cursor, pageOf } from '../cursor.ts';
import type { WebDeps } from '../deps.ts';
import { agentList, toAgentDocument } from '../documents.ts';
import { requireRange } from '../filter.ts';
import { id, instant, limit } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { timelineDocument, toTimelineDocument } from '../timeline-document.ts';
import { answer, json, UNKNOWN } from './answers.ts';

const DAY_MS = 86_400_000;

/** More than this at once is no picture any more. */
const LONGEST_MS = 7 * DAY_MS;

/** Agents, and what happened to one of them. */
export function agentRoutes({ store, clock }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/agents',
      access: 'analyst',
      summary: 'Agents in order of their user ids.',
      query: z.strictObject({
        team: z.array(z.string().min(1).max(200)).max(100).optional(),
        search: z.string().min(1).max(200).optional().describe('Part of the user id or the name.'),
        limit: limit(100, 500),
        cursor: cursor(z.tuple([z.string()])),
      }),
      shows: {},
      answers: { 200: answer('A page of agents.', agentList) },
      handle: async ({ query: { team, search, limit: most, cursor: key } }) => {
        const filter = { ...(team && { teams: team }), ...(search && { search }) };
        const rows = await store.agentsPage(filter, most + 1, key?.[0]);
        const { rows: shown, next } = pageOf(rows, most, ({ userId }) => [userId]);
        return json({ items: shown.map(toAgentDocument), next });
      },
    }),
    route({
      method: 'GET',
      path: '/api/agents/:userId/timeline',
      access: 'analyst',
      summary:
        'Log, report as last seen, shifts, findings and corrections of an agent; the last 24 hours unless asked.',
      params: z.strictObject({ userId: id }),
      query: z.strictObject({ from: instant.optional(), to: instant.optional() }),
      shows: { subject: 'userId' },
      answers: { 200: answer('The agent from all sides.', timelineDocument), ...UNKNOWN },
      handle: async ({ params: { userId }, query }) => {
        const range = rangeOf(query, clock.now());
        const timeline = await store.agentTimeline(userId, range);
        if (timeline === undefined) throw new Problem('not_found', `There is no agent ${userId}.`);
        return json(toTimelineDocument(timeline, range));
      },
    }),
  ];
}

function rangeOf({ from, to }: { from?: number | undefined; to?: number | undefined }, now: number) {
  const end = to ?? (from === undefined ? now : from + DAY_MS);
  const start = from ?? end - DAY_MS;
  requireRange(start, end);
  if (end - start <= LONGEST_MS) return { start, end };
  throw new Problem('invalid_argument', 'The range is longer than 7 days.', {
    errors: [{ field: 'to', message: 'must lie at most 7 days after from' }],
  });
}
