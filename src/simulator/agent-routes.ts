import type { Floor } from './floor.ts';
import { MINUTE_MS } from './local-day.ts';
import type { User } from './roster.ts';
import type { Call, Route } from './route.ts';
import { type Answer, json, notFound, refusal, writeInstant } from './wire.ts';
import type { TruthTransition } from './workday.ts';

const STATES_ACCESS = { scope: 'agent:state:read', userContext: true } as const;
const AGENT_ACCESS = { scope: 'agent:read' } as const;

/** Section 2 of the contract: users, agents and their states; to be read. */
export const AGENT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/api\/v2\/users\/([^/]+)\/agentStatus$/,
    family: 'status',
    access: { scope: 'agent:state:read' },
    answer: agentStatus,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/users\/([^/]+)\/userStatus$/,
    family: 'presence',
    access: AGENT_ACCESS,
    answer: userStatus,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/users$/,
    family: 'users',
    access: { scope: 'user:read' },
    answer: users,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/agents\/states$/,
    family: 'states',
    access: STATES_ACCESS,
    answer: allStates,
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/agents\/([^/]+)\/states$/,
    family: 'states',
    access: STATES_ACCESS,
    answer: statesOfOne,
  },
];

const LARGEST_PAGE = 1_000;
const STATES_SHOWN = 3;
const RECENT_MS = 60 * MINUTE_MS;

/** What the states endpoints call our states: type and name. */
const STATE_NAMES: Readonly<Record<string, readonly [type: string, name: string]>> = {
  available: ['Available', 'Ready'],
  ringing: ['Busy', 'Ringing'],
  talking: ['Busy', 'Talking'],
  acw: ['Busy', 'Wrap Up'],
  busy: ['Busy', 'Busy'],
  break: ['Away', 'Break'],
  lunch: ['Away', 'Lunch'],
  meeting: ['Away', 'Meeting'],
  offline: ['Offline', 'Offline'],
};

function users(call: Call): Answer {
  const page = Number(call.query.get('page') ?? 1);
  const size = Number(call.query.get('size') ?? 100);
  if (!Number.isInteger(page) || page < 1) return refusal(400, 'invalid_page', 'page counts from 1');
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    return refusal(400, 'invalid_size', `size is from 1 to ${LARGEST_PAGE}`);
  }
  const { centre } = call.premises;
  const username = call.query.get('username');
  if (username === null)
    return pageOf(centre.users((page - 1) * size, page * size), page, size, centre.userCount);
  const user = centre.find(username);
  const found = user?.username === username ? [user] : [];
  return pageOf(page === 1 ? found : [], page, size, found.length);
}

function pageOf(entities: readonly User[], page: number, size: number, total: number): Answer {
  const listed = entities.map(({ userId, username, name, agentId, timeZone, team }) => ({
    id: userId,
    username,
    name,
    agentId,
    timeZone,
    team,
  }));
  return json(200, { entities: listed, page, pageCount: Math.ceil(total / size), total });
}

function agentStatus(call: Call): Answer {
  const user = call.premises.centre.findAgent(call.parameters[0]!);
  if (user === undefined || call.premises.withoutSkillGroup.has(user.userId)) return notFound('Agent');
  const { state, at } = call.premises.floor.current(user, call.now);
  if (state === 'offline' && call.now - at > call.premises.absentAfterMs) return notFound('Agent');
  const activeSessionCount = call.premises.floor.activeSessions(user, call.now);
  return json(200, { userId: user.userId, state, updatedTimestamp: writeInstant(at), activeSessionCount });
}

/** The desktop's presence: online from logging in to logging off, unless it was set. */
function userStatus(call: Call): Answer {
  const user = call.premises.centre.findAgent(call.parameters[0]!);
  if (user === undefined) return notFound('User');
  const { status, at } = call.premises.floor.presence(user, call.now);
  return json(200, { userId: user.userId, status, updatedTimestamp: writeInstant(at) });
}

/** Of everybody who is logged in and whom the token's user may see. */
function allStates(call: Call): Answer {
  const { centre } = call.premises;
  const entries: object[] = [];
  for (const user of centre.users(0, centre.agents)) {
    const states = maySee(call, user) ? statesOf(call.premises.floor, user, call.now) : [];
    if (states.length > 0 && !call.premises.withoutSkillGroup.has(user.userId))
      entries.push({ agentId: user.agentId, states });
  }
  return json(200, entries);
}

function statesOfOne(call: Call): Answer {
  const { centre } = call.premises;
  const user = centre.findAgent(call.parameters[0]!);
  if (user === undefined || user.agentId !== call.parameters[0]) return notFound('Agent');
  if (call.premises.withoutSkillGroup.has(user.userId)) return notFound('Agent');
  if (!maySee(call, user)) return json(200, { states: [] });
  const states = statesOf(call.premises.floor, user, call.now);
  return states.length === 0 ? notFound('Agent') : json(200, { states });
}

function maySee({ premises, grant }: Call, user: User): boolean {
  return premises.sees(grant?.username ?? '', user);
}

/** The current state first, then a few before it; none of an agent who is not logged in. */
function statesOf(floor: Floor, user: User, now: number): readonly object[] {
  const current = floor.current(user, now);
  if (current.state === 'offline') return [];
  const before = floor.truth(user, current.at - RECENT_MS, current.at).slice(1 - STATES_SHOWN);
  return [current, ...before.reverse()].map(namedState);
}

function namedState({ state, at }: TruthTransition): object {
  const [type, name] = STATE_NAMES[state] ?? ['Busy', state];
  return { type, name, timestamp: writeInstant(at) };
}
