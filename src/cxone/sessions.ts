import { type Session, sessionStateOf } from '../domain/session.ts';
import type { Call, Calls } from './calls.ts';
import {
  malformed,
  parseAnswer,
  pathSegment,
  queryValue,
  wireCount,
  wireList,
  wireObject,
  wireOptionalSeconds,
  wireOptionalText,
  wireText,
} from './wire.ts';

const PATH = '/api/v2/telephony/usersessions';
/** Nobody has a thousand contacts at a time; more is a fault of the paging. */
const MAX_PAGES = 40;

const SESSION = {
  id: wireText,
  userId: wireText,
  state: wireText,
  acwRemaining: wireOptionalSeconds,
  mediaType: wireText,
  direction: wireText,
  skillId: wireOptionalText,
};
const sessionSchema = wireObject(SESSION);
const pageSchema = wireObject({
  entities: wireList(sessionSchema),
  pageSize: wireCount,
  page: wireCount,
  pageCount: wireCount,
  total: wireCount,
});

type WireSession = ReturnType<typeof sessionSchema.parse>;

/**
 * All active sessions of a user, page by page, each tried once (vendor-api.md 3). Throws `agent_not_found` for a 404,
 * otherwise as `Calls.read` does, and `vendor_malformed` for a session of somebody else and for paging that repeats
 * itself or shows fewer sessions than it counts: a session that was left out would not be protected.
 */
export async function fetchSessions(
  calls: Calls,
  userId: string,
  signal?: AbortSignal,
): Promise<readonly Session[]> {
  const sessions = new Map<string, Session>();
  for (let page = 1; ; page += 1) {
    const call = listCall(userId, page);
    const answer = await calls.readOnce(call, signal);
    const { entities, page: answered, pageCount, total } = parseAnswer(call, pageSchema, answer.text);
    if (answered !== page) throw malformed(call, 'page', `the page asked for, ${page}`, `page ${answered}`);
    if (pageCount > MAX_PAGES)
      throw malformed(call, 'pageCount', `at most ${MAX_PAGES}`, `${pageCount} pages`);
    for (const [index, entity] of entities.entries()) {
      if (entity.userId !== userId) {
        throw malformed(
          call,
          `entities[${index}].userId`,
          'the user asked for',
          'the session of another agent',
        );
      }
      sessions.set(entity.id, toSession(entity));
    }
    if (page < pageCount) continue;
    if (sessions.size >= total) return [...sessions.values()];
    throw malformed(call, 'entities', `${total} sessions in all`, `${sessions.size} of them`);
  }
}

/** One session; `undefined` for a 404. Tried once; throws as `Calls.read` does. */
export async function fetchSession(
  calls: Calls,
  sessionId: string,
  signal?: AbortSignal,
): Promise<Session | undefined> {
  const call = sessionsCall(`session ${sessionId}`, `${PATH}/${pathSegment(sessionId)}`);
  const answer = await calls.readOnce(call, signal, 404);
  if (answer.status === 404) return undefined;
  const session = parseAnswer(call, sessionSchema, answer.text);
  if (session.id !== sessionId) throw malformed(call, 'id', 'the session asked for', 'another one');
  return toSession(session);
}

function listCall(userId: string, page: number): Call {
  const path = `${PATH}?userId=${queryValue(userId)}&state=active`;
  const call = sessionsCall(`sessions of user ${userId}`, page === 1 ? path : `${path}&page=${page}`);
  return { ...call, notFound: 'agent_not_found' };
}

function sessionsCall(what: string, path: string): Call {
  return {
    family: 'sessions',
    lane: 'control',
    what,
    scope: 'session:manage',
    request: { method: 'GET', path, headers: {} },
  };
}

function toSession({ id, userId, state, acwRemaining, mediaType, direction, skillId }: WireSession): Session {
  return {
    sessionId: id,
    userId,
    state: sessionStateOf(state),
    mediaType,
    direction,
    skillId,
    acwRemainingSeconds: acwRemaining,
  };
}
