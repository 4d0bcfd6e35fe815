import { z } from 'zod';
import { SETTABLE_STATES } from '../domain/change.ts';
import type { Instant } from '../domain/instant.ts';
import type { LiveAgent } from './live-agent.ts';
import type { LiveSession } from './live-session.ts';
import type { User } from './roster.ts';
import type { Call, Route } from './route.ts';
import { SKILL_OF_CHANNEL } from './skills.ts';
import { type Answer, json, notFound, readJson, refusal, writeInstant } from './wire.ts';

const ACCESS = { scope: 'agent:write' } as const;

/** Section 2 of the contract: what changes an agent's state or the desktop's presence. */
export const STATUS_ROUTES: readonly Route[] = [
  {
    method: 'PUT',
    path: /^\/api\/v2\/users\/([^/]+)\/agentStatus$/,
    family: 'status',
    access: ACCESS,
    answer: putStatus,
  },
  {
    method: 'PUT',
    path: /^\/api\/v2\/users\/([^/]+)\/userStatus$/,
    family: 'presence',
    access: ACCESS,
    answer: putPresence,
  },
];

const PRESENCES: readonly string[] = ['online', 'away', 'offline'];
const GROUP_STATES: readonly string[] = [...SETTABLE_STATES, 'acw'];
const GROUPS = z.array(z.object({ id: z.string().min(1), state: z.string() })).default([]);
const STATUS = z.object({
  state: z.string(),
  skillGroups: GROUPS,
  routingGroups: GROUPS,
  force: z.boolean(),
  overrideReason: z.string().min(1),
});
const PRESENCE = z.object({ status: z.string() });
type Status = z.infer<typeof STATUS>;

function putStatus(call: Call): Answer {
  const user = agentOf(call);
  if (user === undefined) return notFound('Agent');
  const { success, data } = STATUS.safeParse(readJson(call.request.body));
  if (!success) return refusal(400, 'invalid_body', 'The body is not a status');
  const unknown = unknownState(data);
  if (unknown !== undefined) return refusal(422, 'invalid_state', `${unknown} is no state to be set`);
  const { floor, writes } = call.premises;
  const agent = floor.keep(user, call.now);
  const isBeside = agent.open.length > 0 && keepsChannels(agent.open, data);
  if (agent.open.length > 0 && !isBeside && !data.force) {
    writes.counts.add('status conflict');
    return refusal(409, 'agent_protected', 'The agent is in a call or in after-call work');
  }
  const at = apply(call, agent, data, isBeside);
  const { userId } = user;
  return json(200, { userId, state: data.state, updatedTimestamp: writeInstant(at) });
}

/** Whom the live status would be shown of. */
function agentOf(call: Call): User | undefined {
  const { centre, floor, absentAfterMs } = call.premises;
  const user = centre.findAgent(call.parameters[0]!);
  if (user === undefined) return undefined;
  const { state, at } = floor.current(user, call.now);
  return state === 'offline' && call.now - at > absentAfterMs ? undefined : user;
}

function unknownState({ state, skillGroups, routingGroups }: Status): string | undefined {
  if (!SETTABLE_STATES.some((one) => one === state)) return state;
  return [...skillGroups, ...routingGroups].find((group) => !GROUP_STATES.includes(group.state))?.state;
}

/**
 * Whether a status leaves every session what it needs: busy, with the skill group of each session's channel kept
 * as it is, which for after-call work is `acw` and for a chat or an email `available`. A call has nothing to be kept
 * by: whoever is on the phone cannot be set to anything.
 */
function keepsChannels(sessions: readonly LiveSession[], { state, skillGroups }: Status): boolean {
  if (state !== 'busy') return false;
  return sessions.every((session) => {
    const { mediaType, skillId = SKILL_OF_CHANNEL[mediaType] } = session.origin;
    const kept = skillGroups.find(({ id }) => id === skillId)?.state;
    return session.state === 'acw' ? kept === 'acw' : mediaType !== 'voice' && kept === 'available';
  });
}

/**
 * The engine applies it 1 to 4 s off the clock by which the request came. The answer is there at once, so those
 * seconds lie before it; the change never comes before what had happened when it was asked for.
 */
function apply(call: Call, agent: LiveAgent, status: Status, isBeside: boolean): Instant {
  const { writes } = call.premises;
  const { state, skillGroups, routingGroups, force: isForced, overrideReason } = status;
  const { userId } = agent;
  const [before, dropsBefore] = [agent.statuses.length, writes.dropped.length];
  const at = agent.write(call.now, (at) => {
    if (!isBeside) for (const session of agent.open) cut(call, agent, session, at);
    agent.set(state, isBeside);
  });
  writes.applyStatus({
    userId,
    state,
    receivedAt: call.now,
    at,
    skillGroups,
    routingGroups,
    isForced,
    overrideReason,
    isNew: agent.statuses.length > before,
    dropped: writes.dropped.slice(dropsBefore).map(({ sessionId }) => sessionId),
  });
  return at;
}

function cut(call: Call, agent: LiveAgent, session: LiveSession, at: Instant): void {
  const { id: sessionId, userId, mediaType } = session.origin;
  if (session.isLive) call.premises.writes.drop({ sessionId, userId, mediaType, state: session.state, at });
  agent.move(session, 'ended', at);
}

function putPresence(call: Call): Answer {
  const { centre, floor, writes } = call.premises;
  const user = centre.findAgent(call.parameters[0]!);
  if (user === undefined) return notFound('User');
  const { success, data } = PRESENCE.safeParse(readJson(call.request.body));
  if (!success) return refusal(400, 'invalid_body', 'The body is not a presence');
  const { status } = data;
  if (!PRESENCES.includes(status)) return refusal(422, 'invalid_status', `${status} is no presence`);
  const agent = floor.keep(user, call.now);
  agent.appear(status, call.now);
  const { at } = agent.presences.at(-1)!;
  const { userId } = user;
  writes.applyPresence({ userId, state: status, receivedAt: call.now, at });
  return json(200, { userId, status, updatedTimestamp: writeInstant(at) });
}
