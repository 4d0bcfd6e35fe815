import { ProgramError } from '../domain/errors.ts';
import type { Instant, Interval } from '../domain/instant.ts';
import type { Endpoint, EndpointFamily, VendorUser } from '../usecases/ports.ts';
import { findAdjustment } from './adjustments.ts';
import type { Call, Calls } from './calls.ts';
import { fetchPresence } from './presence.ts';
import { fetchReport } from './report.ts';
import { fetchSchedule } from './schedules.ts';
import { fetchSessions } from './sessions.ts';
import { fetchStatus } from './status.ts';
import {
  malformed,
  parseAnswer,
  queryValue,
  wireList,
  wireObject,
  wireOptionalText,
  wireText,
} from './wire.ts';

/**
 * What the program calls (vendor-api.md 2 to 5), with the scope that each takes, for the doctor. Two writing calls are
 * left out that take the scope of one that is here, and so are agents' states, which have checks of their own.
 */
export const ENDPOINTS: readonly Endpoint[] = [
  {
    family: undefined,
    call: 'GET /api/v2/users',
    scope: 'user:read',
    feature: 'the roster',
    refused: 'Nobody new is found: only agents known from before are polled and judged.',
    isCore: true,
  },
  {
    family: 'status',
    call: 'GET /api/v2/users/{userId}/agentStatus',
    scope: 'agent:state:read',
    feature: 'collecting',
    refused: 'Nobody can be polled: the log gets no transitions but those imported or pushed.',
    isCore: true,
  },
  {
    family: 'report',
    call: 'GET /api/v2/reports/agent-status-summary',
    scope: 'report:read',
    feature: 'the comparison',
    refused: 'No agent can be judged; all stay due.',
    isCore: true,
  },
  {
    family: 'schedule',
    call: 'GET /api/v2/wfm/schedules',
    scope: 'agent:read',
    feature: 'the comparison',
    refused: 'No agent can be judged, because nobody knows where the shifts begin and end.',
    isCore: true,
  },
  {
    family: 'adjustment',
    call: 'GET /api/v2/wfm/schedules/{userId}/adjustments',
    scope: 'agent:read',
    feature: 'corrections',
    refused: 'Corrections whose outcome is unknown stay so, and wait.',
    isCore: true,
  },
  {
    family: 'sessions',
    call: 'GET /api/v2/telephony/usersessions',
    scope: 'session:manage',
    feature: "changing agents' states",
    refused: "Agents' states cannot be changed, because nobody knows who is in a call.",
    isCore: false,
  },
  {
    family: 'presence',
    call: 'GET /api/v2/users/{userId}/userStatus',
    scope: 'agent:read',
    feature: "telling whether agents' desktops and telephony agree",
    refused: 'Nobody is warned of an agent who looks available and is not.',
    isCore: false,
  },
  {
    family: undefined,
    call: 'POST /api/v2/wfm/schedules/{userId}/adjustments',
    scope: 'agent:write',
    feature: 'corrections',
    refused: 'No correction is taken by the vendor; all wait.',
    isCore: true,
  },
  {
    family: undefined,
    call: 'PUT /api/v2/users/{userId}/agentStatus',
    scope: 'agent:write',
    feature: "changing agents' states",
    refused: "Agents' states cannot be changed.",
    isCore: false,
  },
  {
    family: undefined,
    call: 'POST /api/v2/telephony/usersessions/{sessionId}/acw',
    scope: 'telephony:write',
    feature: 'after-call work',
    refused: 'After-call work cannot be set.',
    isCore: false,
  },
];

const MINUTE_MS = 60_000;
/** A key that no correction has. */
const NO_KEY = 'adh-doctor';

const usersSchema = wireObject({
  entities: wireList(
    wireObject({ id: wireText, username: wireText, name: wireOptionalText, agentId: wireOptionalText }),
  ),
});

/**
 * The user of this name, without `agentId` where the user is no agent; `undefined` when there is none. Throws as
 * `Calls.read` does, and `vendor_malformed` when the vendor answers with somebody else.
 */
export async function findUser(
  calls: Calls,
  username: string,
  signal?: AbortSignal,
): Promise<VendorUser | undefined> {
  const path = `/api/v2/users?username=${queryValue(username)}&size=1`;
  const call = userCall(`user ${username}`, path);
  const answer = await calls.read(call, signal);
  const [user] = parseAnswer(call, usersSchema, answer.text).entities;
  if (user === undefined) return undefined;
  if (user.username.toLowerCase() !== username.toLowerCase()) {
    throw malformed(call, 'entities[0].username', 'the name asked for', 'another user');
  }
  const { id, agentId, name } = user;
  return { userId: id, username: user.username, agentId, name };
}

/**
 * Asks one family once about a user, and reads the answer as the program does: a page that says "log in" is none.
 * @returns `unknown` where the vendor has no such user there (404). Throws otherwise as the reading calls do.
 */
export async function askEndpoint(
  calls: Calls,
  family: EndpointFamily,
  userId: string,
  now: Instant,
  signal?: AbortSignal,
): Promise<'answers' | 'unknown'> {
  try {
    const range = { start: now - 10 * MINUTE_MS, end: now - 5 * MINUTE_MS };
    await read(calls, family, userId, range, signal);
    return 'answers';
  } catch (error) {
    if (error instanceof ProgramError && error.code === 'agent_not_found') return 'unknown';
    throw error;
  }
}

function read(
  calls: Calls,
  family: EndpointFamily,
  userId: string,
  range: Interval,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  switch (family) {
    case 'status':
      return fetchStatus(calls, userId, signal);
    case 'presence':
      return fetchPresence(calls, userId, signal);
    case 'report':
      return fetchReport(calls, userId, range, signal);
    case 'schedule':
      return fetchSchedule(calls, userId, range, signal);
    case 'adjustment':
      return findAdjustment(calls, userId, NO_KEY, signal);
    case 'sessions':
      return fetchSessions(calls, userId, signal);
  }
}

/** Any user with an agent role, to ask the other endpoints about; `undefined` when the first page has none. */
export async function anyAgent(calls: Calls, signal?: AbortSignal): Promise<string | undefined> {
  const call = userCall('roster, page 1', '/api/v2/users?page=1&size=100');
  const answer = await calls.read(call, signal);
  return parseAnswer(call, usersSchema, answer.text).entities.find(({ agentId }) => agentId !== undefined)
    ?.id;
}

function userCall(what: string, path: string): Call {
  const request = { method: 'GET', path, headers: {} } as const;
  return { family: 'roster', lane: 'control', what, scope: 'user:read', request };
}
