import { z } from 'zod';
import { SETTABLE_STATES } from '../../domain/change.ts';
import { overrideDocument, overrideList, toOverrideDocument } from '../control-documents.ts';
import type { WebDeps } from '../deps.ts';
import { id, limit, note, written } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { answer, json, problem, UNKNOWN } from './answers.ts';

const params = z.strictObject({ overrideId: id });
const text = (most: number) => written(most).min(1, 'must not be empty');

/** Forced changes of status: asked for by one supervisor, let happen by another. */
export function overrideRoutes({ control, store }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/overrides',
      access: 'analyst',
      summary: 'Forced changes of status that were asked for, the latest first.',
      query: z.strictObject({ limit: limit(100, 500) }),
      shows: {},
      answers: { 200: answer('The latest of them.', overrideList) },
      handle: async ({ query }) =>
        json({ items: (await store.listOverrides(query.limit)).map(toOverrideDocument) }),
    }),
    route({
      method: 'POST',
      path: '/api/overrides',
      access: 'supervisor',
      summary: 'Ask for a forced change; nothing is sent before another supervisor approves it.',
      body: z.strictObject({
        userId: id,
        state: z.enum(SETTABLE_STATES),
        incident: text(200).describe('The ticket that says why.'),
        reason: text(500),
      }),
      answers: { 202: answer('The request, open for 15 minutes.', overrideDocument) },
      handle: async ({ body, caller }) => {
        const override = await control.requestOverride(body, caller.name);
        return json(toOverrideDocument(override), 202);
      },
    }),
    route({
      method: 'POST',
      path: '/api/overrides/:overrideId/approve',
      access: 'supervisor',
      summary: 'Approve a forced change that another supervisor asked for, and carry it out.',
      params,
      body: z.strictObject({
        acknowledge: z.array(id).max(100).describe('Ids of all sessions that will be cut.'),
      }),
      answers: {
        202: answer('What became of it.', overrideDocument),
        403: problem(
          'The same person, or the sessions that would be cut are not just those acknowledged; `errors` names those that are live.',
        ),
        ...UNKNOWN,
        409: problem('Its time ran out, or it has been decided already.'),
        502: problem('The agent could not be read at the vendor; nothing was sent.'),
      },
      handle: async ({ params: { overrideId }, body, caller }) => {
        const approval = await control.approveOverride(overrideId, caller.name, body.acknowledge);
        if (approval.outcome === 'sent') return json(toOverrideDocument(approval.override), 202);
        const { code, why, live } = approval;
        const errors = live.map((sessionId) => ({ field: 'acknowledge', message: `${sessionId} is live` }));
        throw new Problem(code, `${why}.`, { errors });
      },
    }),
    route({
      method: 'POST',
      path: '/api/overrides/:overrideId/deny',
      access: 'supervisor',
      summary: 'End a request for a forced change without carrying it out.',
      params,
      body: z.strictObject({ note: note.optional() }),
      answers: {
        202: answer('The request, denied.', overrideDocument),
        ...UNKNOWN,
        409: problem('It has been decided already.'),
      },
      handle: async ({ params: { overrideId }, body, caller }) => {
        const denied = await control.denyOverride(overrideId, caller.name, body.note || undefined);
        return json(toOverrideDocument(denied), 202);
      },
    }),
  ];
}
