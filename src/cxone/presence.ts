import type { Presence } from '../usecases/control-port.ts';
import type { Call, Calls } from './calls.ts';
import { malformed, parseAnswer, pathSegment, wireInstant, wireObject, wireText } from './wire.ts';

const presenceSchema = wireObject({ userId: wireText, status: wireText, updatedTimestamp: wireInstant });

/** A user's desktop presence (vendor-api.md 2); `undefined` for a 404. Tried once; throws as `Calls.read` does. */
export async function fetchPresence(
  calls: Calls,
  userId: string,
  signal?: AbortSignal,
): Promise<Presence | undefined> {
  const call: Call = {
    family: 'presence',
    lane: 'control',
    what: `presence of user ${userId}`,
    scope: 'agent:read',
    request: { method: 'GET', path: `/api/v2/users/${pathSegment(userId)}/userStatus`, headers: {} },
  };
  const answer = await calls.readOnce(call, signal, 404);
  if (answer.status === 404) return undefined;
  const presence = parseAnswer(call, presenceSchema, answer.text);
  if (presence.userId !== userId) {
    throw malformed(call, 'userId', 'the user asked for', 'the presence of another user');
  }
  return { status: presence.status, updatedAt: presence.updatedTimestamp };
}
