import type { AcwTerms } from '../domain/acw.ts';
import { normalizeState } from '../domain/state.ts';
import type { ControlAnswer, StatusWrite, TakenAnswer } from '../usecases/control-port.ts';
import type { Call, Calls } from './calls.ts';
import { VendorError } from './errors.ts';
import type { Outcome } from './http.ts';
import { malformed, parseAnswer, pathSegment, wireInstant, wireObject, wireText } from './wire.ts';
import { notDone, notSent } from './write-answers.ts';

const statusSchema = wireObject({ userId: wireText, state: wireText, updatedTimestamp: wireInstant });
const presenceSchema = wireObject({ userId: wireText, status: wireText, updatedTimestamp: wireInstant });

/** What is no yes. */
type Failure = Exclude<ControlAnswer, { outcome: 'applied' }>;

/** `PUT …/agentStatus` (vendor-api.md 2). Sent once; never throws but for an abort. */
export function writeStatus(
  calls: Calls,
  userId: string,
  { state, skillGroups, routingGroups, force, overrideReason }: StatusWrite,
  signal?: AbortSignal,
): Promise<ControlAnswer> {
  const body = {
    state,
    ...(skillGroups.length > 0 && { skillGroups }),
    ...(routingGroups.length > 0 && { routingGroups }),
    force,
    overrideReason,
  };
  return sendOnce(
    calls,
    signal,
    () => ({
      family: 'status',
      lane: 'control',
      what: `setting the status of user ${userId}`,
      scope: 'agent:write',
      request: { ...inJson(body), method: 'PUT', path: `/api/v2/users/${pathSegment(userId)}/agentStatus` },
    }),
    (call, text) => {
      const answer = parseAnswer(call, statusSchema, text);
      requireAnswer(call, 'userId', answer.userId, userId);
      requireAnswer(call, 'state', normalizeState(answer.state), state);
      return { outcome: 'applied', state: answer.state, updatedAt: answer.updatedTimestamp };
    },
  );
}

/** `PUT …/userStatus`: the desktop's presence. Sent once; never throws but for an abort. */
export function writePresence(
  calls: Calls,
  userId: string,
  status: string,
  signal?: AbortSignal,
): Promise<ControlAnswer> {
  return sendOnce(
    calls,
    signal,
    () => ({
      family: 'presence',
      lane: 'control',
      what: `setting the presence of user ${userId}`,
      scope: 'agent:write',
      request: {
        ...inJson({ status }),
        method: 'PUT',
        path: `/api/v2/users/${pathSegment(userId)}/userStatus`,
      },
    }),
    (call, text) => {
      const answer = parseAnswer(call, presenceSchema, text);
      requireAnswer(call, 'userId', answer.userId, userId);
      requireAnswer(call, 'status', normalizeState(answer.status), normalizeState(status));
      return { outcome: 'applied', state: answer.status, updatedAt: answer.updatedTimestamp };
    },
  );
}

/** `POST …/usersessions/{sessionId}/acw` (vendor-api.md 3). Sent once; never throws but for an abort. */
export function writeAcw(
  calls: Calls,
  sessionId: string,
  { durationSeconds, type, reasonCode }: AcwTerms,
  key: string,
  signal?: AbortSignal,
): Promise<TakenAnswer> {
  const { headers, body } = inJson({
    duration: durationSeconds,
    type,
    reasonCode,
    enforceUntilComplete: true,
  });
  return sendOnce(
    calls,
    signal,
    () => ({
      family: 'acw',
      lane: 'control',
      what: `after-call work of session ${sessionId}`,
      scope: 'telephony:write',
      request: {
        method: 'POST',
        path: `/api/v2/telephony/usersessions/${pathSegment(sessionId)}/acw`,
        headers: { ...headers, 'idempotency-key': key },
        body,
      },
    }),
    () => ({ outcome: 'taken' }),
  );
}

function inJson(body: object) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function sendOnce<Done>(
  calls: Calls,
  signal: AbortSignal | undefined,
  makeCall: () => Call,
  onDone: (call: Call, text: string) => Done,
): Promise<Done | Failure> {
  try {
    const call = makeCall();
    const outcome = await calls.changeOnce(call, signal);
    const isDone = outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300;
    return isDone ? understood(call, outcome.text, onDone) : failureOf(calls, call, outcome);
  } catch (error) {
    return notSent(calls, signal, error);
  }
}

/** A yes that does not say what it should leaves open what became of the change. */
function understood<Done>(
  call: Call,
  text: string,
  onDone: (call: Call, text: string) => Done,
): Done | Failure {
  try {
    return onDone(call, text);
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return { outcome: 'unknown', reason: error.message };
  }
}

/** As of a correction, but that 401, 403 and 409 have a meaning of their own here. */
function failureOf(calls: Calls, call: Call, outcome: Outcome): Failure {
  const answer = notDone(calls, call, outcome);
  const { reason } = answer;
  switch (outcome.kind === 'answered' ? outcome.status : undefined) {
    case 401:
      return { outcome: 'unauthorized', reason };
    case 403:
      return { outcome: 'refused', reason };
    case 409:
      return { outcome: 'conflict', reason };
    default:
      return answer;
  }
}

function requireAnswer(call: Call, field: string, answered: string, wanted: string): void {
  if (answered !== wanted) throw malformed(call, field, 'what was asked for', 'another one');
}
