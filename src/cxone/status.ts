import type { AgentStatus } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import { malformed, parseAnswer, pathSegment, wireCount, wireInstant, wireObject, wireText } from './wire.ts';

const statusSchema = wireObject({
  userId: wireText,
  state: wireText,
  updatedTimestamp: wireInstant,
  activeSessionCount: wireCount,
});

/** A user's telephony state (vendor-api.md 2); `undefined` for a 404. Throws otherwise as `Calls.read` does. */
export async function fetchStatus(
  calls: Calls,
  userId: string,
  signal?: AbortSignal,
): Promise<AgentStatus | undefined> {
  const call: Call = {
    family: 'status',
    lane: 'collecting',
    what: `status of user ${userId}`,
    scope: 'agent:state:read',
    request: { method: 'GET', path: `/api/v2/users/${pathSegment(userId)}/agentStatus`, headers: {} },
  };
  const answer = await calls.read(call, signal, 404);
  if (answer.status === 404) return undefined;
  const status = parseAnswer(call, statusSchema, answer.text);
  if (status.userId !== userId) {
    throw malformed(call, 'userId', 'the user asked for', 'the status of another agent');
  }
  return { state: status.state, updatedAt: status.updatedTimestamp };
}
