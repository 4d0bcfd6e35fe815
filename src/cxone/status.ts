import type { TelephonyVendor } from '../usecases/control-port.ts';
import type { SeenStatus } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import type { Answered } from './http.ts';
import type { Lane } from './limits.ts';
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
): Promise<SeenStatus | undefined> {
  const call = statusCall(userId, 'collecting');
  return seen(parseStatus(call, userId, await calls.read(call, signal, 404)));
}

/** The same before a decision: first in the rate limit, and tried once. */
export async function fetchStatusOnce(
  calls: Calls,
  userId: string,
  signal?: AbortSignal,
): ReturnType<TelephonyVendor['readStatus']> {
  const call = statusCall(userId, 'control');
  return seen(parseStatus(call, userId, await calls.readOnce(call, signal, 404)));
}

function seen(status: ReturnType<typeof parseStatus>) {
  if (status === undefined) return undefined;
  const { state, updatedTimestamp, activeSessionCount } = status;
  return { state, updatedAt: updatedTimestamp, activeSessions: activeSessionCount };
}

function statusCall(userId: string, lane: Lane): Call {
  return {
    family: 'status',
    lane,
    what: `status of user ${userId}`,
    scope: 'agent:state:read',
    request: { method: 'GET', path: `/api/v2/users/${pathSegment(userId)}/agentStatus`, headers: {} },
  };
}

function parseStatus(call: Call, userId: string, answer: Answered) {
  if (answer.status === 404) return undefined;
  const status = parseAnswer(call, statusSchema, answer.text);
  if (status.userId !== userId) {
    throw malformed(call, 'userId', 'the user asked for', 'the status of another agent');
  }
  return status;
}
