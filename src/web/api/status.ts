import { z } from 'zod';
import { CHANGE_STATES, GROUP_STATES, SETTABLE_STATES } from '../../domain/change.ts';
import { isLive } from '../../domain/session.ts';
import { readDocument } from '../../usecases/audit-entry.ts';
import { WITHIN_MS } from '../../usecases/change-status.ts';
import type { AgentLook } from '../../usecases/look-at-agent.ts';
import { changeDocument, outcomeDocument } from '../../usecases/status-words.ts';
import type { WebDeps } from '../deps.ts';
import { id, written } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { answer, json, problem } from './answers.ts';

const params = z.strictObject({ userId: id });
const groups = z
  .array(z.strictObject({ id, state: z.enum(GROUP_STATES) }))
  .max(100)
  .refine((list) => new Set(list.map((group) => group.id)).size === list.length, 'names one id twice');
const WITHIN = `must be a whole number of seconds from ${WITHIN_MS.least / 1000} to ${WITHIN_MS.most / 1000}`;
const instant = z.string().meta({ format: 'date-time' });

const body = z.strictObject({
  state: z.enum(SETTABLE_STATES),
  reason: written(200).min(1, 'must say why').describe("Sent along as the vendor's overrideReason."),
  skillGroups: groups.optional(),
  routingGroups: groups.optional(),
  withinSeconds: z
    .int(WITHIN)
    .min(WITHIN_MS.least / 1000, WITHIN)
    .max(WITHIN_MS.most / 1000, WITHIN)
    .optional()
    .describe('How long it may wait for sessions to end; 1800 unless given.'),
  keepOlder: z.boolean().optional().describe('Queued changes of this agent stand and go first.'),
  presence: z.boolean().optional().describe("The desktop's presence is to follow."),
  force: z.boolean().optional().describe('Never taken here: what is forced is an override.'),
});

const presence = z.enum(['set', 'unchanged', 'failed']).optional();
const settled = z.union([
  z.object({ outcome: z.literal('applied'), id: z.string(), updatedTimestamp: instant, presence }),
  z.object({ outcome: z.literal('already_applied'), id: z.string(), presence }),
]);
const queued = z.object({
  outcome: z.literal('queued'),
  id: z.string(),
  waitingFor: z.array(z.string()).describe('Ids of sessions; none while it waits for something else.'),
  deadlineAt: instant,
  why: z.string(),
});
const group = z.object({ id: z.string(), state: z.string() });
const change = z.object({
  id: z.string(),
  status: z.enum(CHANGE_STATES),
  state: z.enum(SETTABLE_STATES),
  skillGroups: z.array(group),
  routingGroups: z.array(group),
  reason: z.string(),
  withPresence: z.boolean(),
  requestedBy: z.string(),
  requestedAt: instant,
  deadlineAt: instant,
  waitingFor: z.array(z.string()),
  why: z.string().nullable(),
});
const known = z.object({
  userId: z.string(),
  status: z.object({ state: z.string(), updatedTimestamp: instant }).nullable(),
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      mediaType: z.string(),
      state: z.string(),
      acwRemaining: z.number().optional(),
    }),
  ),
  changes: z.array(change).describe('Queued or under way, in the order in which they were asked for.'),
});

/** An agent's status: what is known of it, and changing it. */
export function statusRoutes({ store, control }: WebDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/agents/:userId/status',
      access: 'analyst',
      summary: 'Status and sessions of an agent as far as is known here, and what is queued; asks nobody.',
      params,
      shows: { subject: 'userId' },
      answers: { 200: answer('What is known.', known) },
      handle: async ({ params: { userId } }) => {
        const logged = await store.lastLoggedState(userId);
        const status = logged && { state: logged.state, updatedAt: logged.at };
        const read = readDocument({ status, sessions: await store.knownSessions(userId) });
        const changes = await store.openChanges(userId);
        return json({ userId, ...read, changes: changes.map(changeDocument) });
      },
    }),
    route({
      method: 'POST',
      path: '/api/agents/:userId/status',
      access: 'ops',
      summary: "Change an agent's status: read, decide, write; put off while sessions are up, never forced.",
      params,
      body,
      answers: {
        200: answer('It is as wanted, by this request or already.', settled),
        202: answer('It waits, and is carried out when nothing stands in its way.', queued),
        403: problem(
          '`force` was asked for: `override_blocked_by_live_session` while one is live, else `force_needs_override`.',
        ),
        409: problem('It was refused (`change_refused`): the agent is absent, or the vendor says no.'),
        502: problem('The agent could not be read at the vendor; nothing was sent.'),
      },
      handle: async ({ params: { userId }, body: asked, caller }) => {
        if (asked.force === true) throw refuseForce(await control.status.look(userId, caller.name));
        const { state, reason, skillGroups = [], routingGroups = [], withinSeconds } = asked;
        const outcome = await control.status.change({
          userId,
          wanted: { state, skillGroups, routingGroups },
          reason,
          withinMs: withinSeconds === undefined ? WITHIN_MS.usual : withinSeconds * 1000,
          keepOlder: asked.keepOlder ?? false,
          withPresence: asked.presence ?? false,
          requestedBy: caller.name,
        });
        const document = outcomeDocument(outcome);
        if (document.outcome === 'queued') return json(document, 202);
        if (document.outcome === 'applied' || document.outcome === 'already_applied') return json(document);
        throw new Problem('change_refused', `${document.outcome}: ${document.why}.`);
      },
    }),
  ];
}

/** What is forced takes two persons; who asks for it here learns what it would have cut. */
function refuseForce({ sessions }: AgentLook): Problem {
  const live = sessions.filter(isLive).map(({ sessionId }) => sessionId);
  if (live.length === 0) {
    return new Problem(
      'force_needs_override',
      'What is forced is asked for as an override: POST /api/overrides.',
    );
  }
  const detail = `These sessions are live and would be cut: ${live.join(', ')}. Only an override may do that.`;
  return new Problem('override_blocked_by_live_session', detail);
}
