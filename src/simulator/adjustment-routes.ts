import { z } from 'zod';
import type { Adjustment, Claim } from './ledger.ts';
import type { Call, Route } from './route.ts';
import { type Answer, json, notFound, readInstant, readJson, refusal, writeInstant } from './wire.ts';

const ACCESS = { scope: 'agent:write' } as const;
const PATH = '/api/v2/wfm/schedules/([^/]+)/adjustments';

/** The corrections of section 5 of the contract. */
export const ADJUSTMENT_ROUTES: readonly Route[] = [
  { method: 'POST', path: new RegExp(`^${PATH}$`), family: 'adjustment', access: ACCESS, answer: apply },
  { method: 'GET', path: new RegExp(`^${PATH}$`), family: 'adjustment', access: ACCESS, answer: list },
  {
    method: 'DELETE',
    path: new RegExp(`^${PATH}/([^/]+)$`),
    family: 'adjustment',
    access: ACCESS,
    answer: remove,
  },
];

const BODY = z.object({
  startTime: z.string(),
  endTime: z.string(),
  state: z.string().min(1),
  reason: z.string(),
  comment: z.string(),
});

function apply(call: Call): Answer {
  const userId = call.parameters[0]!;
  const { centre, ledger } = call.premises;
  if (centre.findAgent(userId)?.userId !== userId) return notFound('Agent');
  const key = call.request.headers['idempotency-key'];
  if (key === undefined || key === '') return refusal(400, 'no_key', 'The header Idempotency-Key is missing');
  const seen = ledger.byKey(key);
  if (seen !== undefined) return answerAgain(call, seen);
  const claim = readClaim(userId, call.request.body);
  if (claim === undefined) return refusal(400, 'invalid_body', 'The body is not an adjustment');
  const reason = reasonToRefuse(call, claim);
  if (reason !== undefined) {
    ledger.counts.add('refused');
    return refusal(422, reason, `The adjustment of ${userId} was refused`);
  }
  const first = (id: string, version: number) =>
    json(201, { id, idempotencyKey: key, status: 'applied', version });
  return ledger.apply(key, claim, call.request.body, call.now, first).firstAnswer;
}

function answerAgain(call: Call, seen: Adjustment): Answer {
  const { ledger } = call.premises;
  const same = seen.userId === call.parameters[0] && seen.body === call.request.body;
  ledger.note(seen, same ? 'replayed' : 'key_reused', call.now);
  if (!same) return refusal(409, 'key_reused', 'The key was used for another adjustment');
  return { ...seen.firstAnswer, status: 200 };
}

function reasonToRefuse(call: Call, claim: Claim): string | undefined {
  if (call.premises.ledger.refusing.has(claim.userId)) return 'schedule_closed';
  return claim.end <= claim.start ? 'invalid_interval' : undefined;
}

function readClaim(userId: string, text: string): Claim | undefined {
  const parsed = BODY.safeParse(readJson(text));
  if (!parsed.success) return undefined;
  const { startTime, endTime, state, reason, comment } = parsed.data;
  const start = readInstant(startTime);
  const end = readInstant(endTime);
  return start === undefined || end === undefined
    ? undefined
    : { userId, start, end, state, reason, comment };
}

function list(call: Call): Answer {
  const userId = call.parameters[0]!;
  const { centre, ledger } = call.premises;
  if (centre.findAgent(userId)?.userId !== userId) return notFound('Agent');
  const found = ledger.byKey(call.query.get('idempotencyKey') ?? '');
  const isInForce = found?.userId === userId && found.status === 'applied';
  return json(200, { entities: isInForce ? [wireAdjustment(found)] : [] });
}

function wireAdjustment(one: Adjustment): object {
  const { id, idempotencyKey, status, version, state, reason, comment } = one;
  const times = { startTime: writeInstant(one.start), endTime: writeInstant(one.end) };
  return { id, idempotencyKey, status, version, ...times, state, reason, comment };
}

function remove(call: Call): Answer {
  const [userId, id] = call.parameters;
  const taken = call.premises.ledger.takeBack(userId!, id!, call.now);
  return taken ? { status: 204, headers: {}, body: '' } : notFound('Adjustment');
}
