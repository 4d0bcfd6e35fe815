import { z } from 'zod';
import type { NewCorrection } from '../domain/correction.ts';
import { formatInstant } from '../domain/instant.ts';
import type { DeliveryAnswer } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import { VendorError } from './errors.ts';
import type { Answered, Outcome } from './http.ts';
import {
  malformed,
  parseAnswer,
  pathSegment,
  queryValue,
  wireCount,
  wireList,
  wireObject,
  wireText,
} from './wire.ts';
import { notDone, notSent } from './write-answers.ts';

const REASON = 'adherence_reconciliation';
const SCOPE = 'agent:write';

const adjustmentSchema = wireObject({
  id: wireText,
  idempotencyKey: wireText,
  status: z.literal('applied', { error: '"applied"' }),
  version: wireCount,
});
const foundSchema = wireObject({
  entities: wireList(wireObject({ id: wireText, idempotencyKey: wireText })),
});

/**
 * The bytes of a correction (vendor-api.md 5). They are stored and sent as they are, under a key that the vendor
 * holds against them, so the same correction must give the same text for ever.
 */
export function adjustmentBody({
  start,
  end,
  state,
}: Pick<NewCorrection, 'start' | 'end' | 'state'>): string {
  const startTime = formatInstant(start);
  const endTime = formatInstant(end);
  return JSON.stringify({
    startTime,
    endTime,
    state,
    reason: REASON,
    comment: `The event log has ${state} from ${startTime} to ${endTime}.`,
  });
}

/** Sends a correction once. Never throws but for an abort. */
export async function sendAdjustment(
  calls: Calls,
  userId: string,
  key: string,
  body: string,
  signal?: AbortSignal,
): Promise<DeliveryAnswer> {
  try {
    const call = adjustmentCall(`correction of user ${userId}`, {
      method: 'POST',
      path: adjustmentsPath(userId),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
    });
    const outcome = await calls.change(call, signal);
    if (outcome.kind === 'answered' && (outcome.status === 200 || outcome.status === 201)) {
      return delivered(calls, call, key, outcome);
    }
    return undelivered(calls, call, outcome);
  } catch (error) {
    return notSent(calls, signal, error);
  }
}

/** The id under which the vendor keeps the adjustment of this key. Throws as `Calls.read` does. */
export async function findAdjustment(
  calls: Calls,
  userId: string,
  key: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const call: Call = {
    ...adjustmentCall(`correction of user ${userId} by its key`, {
      method: 'GET',
      path: `${adjustmentsPath(userId)}?idempotencyKey=${queryValue(key)}`,
      headers: {},
    }),
    scope: 'agent:read',
    notFound: 'agent_not_found',
  };
  const answer = await calls.read(call, signal);
  const { entities } = parseAnswer(call, foundSchema, answer.text);
  if (entities.length > 1) throw malformed(call, 'entities', 'none or one', `${entities.length} of them`);
  if (entities[0] !== undefined && entities[0].idempotencyKey !== key) {
    throw malformed(call, 'entities[0].idempotencyKey', 'the key asked for', 'another one');
  }
  return entities[0]?.id;
}

/** Takes a correction back; one that is gone already is as good. Never throws but for an abort. */
export async function takeBackAdjustment(
  calls: Calls,
  userId: string,
  vendorId: string,
  signal?: AbortSignal,
): Promise<DeliveryAnswer> {
  try {
    const call = adjustmentCall(`taking back the correction ${vendorId} of user ${userId}`, {
      method: 'DELETE',
      path: `${adjustmentsPath(userId)}/${pathSegment(vendorId)}`,
      headers: {},
    });
    const outcome = await calls.change(call, signal);
    if (outcome.kind === 'answered' && [200, 204, 404].includes(outcome.status)) {
      return { outcome: 'delivered', vendorId, duplicate: outcome.status === 404 };
    }
    return undelivered(calls, call, outcome);
  } catch (error) {
    return notSent(calls, signal, error);
  }
}

function adjustmentsPath(userId: string): string {
  return `/api/v2/wfm/schedules/${pathSegment(userId)}/adjustments`;
}

function adjustmentCall(what: string, request: Call['request']): Call {
  return { family: 'adjustment', lane: 'delivery', what, scope: SCOPE, request };
}

/** A 2xx that does not say what it should leaves open what became of the correction. */
function delivered(calls: Calls, call: Call, key: string, answer: Answered): DeliveryAnswer {
  try {
    const { id, idempotencyKey } = parseAnswer(call, adjustmentSchema, answer.text);
    if (idempotencyKey !== key)
      throw malformed(call, 'idempotencyKey', 'the key that was sent', 'another one');
    return { outcome: 'delivered', vendorId: id, duplicate: answer.status === 200 };
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return { outcome: 'unknown', reason: error.message, retryAfterMs: calls.retryAfterMs(answer) };
  }
}

function undelivered(calls: Calls, call: Call, outcome: Outcome): DeliveryAnswer {
  const answer = notDone(calls, call, outcome);
  const isReused = outcome.kind === 'answered' && outcome.status === 409 && isKeyReused(outcome.text);
  return isReused ? { outcome: 'key_reused', reason: answer.reason } : answer;
}

function isKeyReused(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'code' in body && body.code === 'key_reused';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
