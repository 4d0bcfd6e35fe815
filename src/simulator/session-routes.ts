import { z } from 'zod';
import { ACW_TYPES } from '../domain/acw.ts';
import { wireSession } from './floor.ts';
import type { Call, Route } from './route.ts';
import { type Answer, json, notFound, readJson, refusal } from './wire.ts';

const PATH = '/api/v2/telephony/usersessions';
const ACCESS = { scope: 'session:manage' } as const;
const ACW_ACCESS = { scope: 'telephony:write' } as const;

/** Section 3 of the contract: sessions and after-call work. */
export const SESSION_ROUTES: readonly Route[] = [
  { method: 'GET', path: new RegExp(`^${PATH}$`), family: 'sessions', access: ACCESS, answer: list },
  { method: 'GET', path: new RegExp(`^${PATH}/([^/]+)$`), family: 'sessions', access: ACCESS, answer: one },
  {
    method: 'POST',
    path: new RegExp(`^${PATH}/([^/]+)/acw$`),
    family: 'acw',
    access: ACW_ACCESS,
    answer: setAcw,
  },
];

const PAGE_SIZE = 25;
const LONGEST_ACW_SECONDS = 86_400;
const ACW = z.object({
  duration: z.number(),
  type: z.string(),
  reasonCode: z.string().min(1),
  enforceUntilComplete: z.boolean(),
});

function list(call: Call): Answer {
  const { premises, query, now } = call;
  const user = premises.centre.findAgent(query.get('userId') ?? '');
  if (user === undefined) return notFound('Agent');
  if (query.get('state') !== 'active') return refusal(400, 'invalid_state', 'state must be active');
  const page = Number(query.get('page') ?? 1);
  if (!Number.isInteger(page) || page < 1) return refusal(400, 'invalid_page', 'page counts from 1');
  const all = premises.floor.sessions(user, now);
  const entities = all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  const pageCount = Math.ceil(all.length / PAGE_SIZE);
  return json(200, { pageSize: PAGE_SIZE, page, pageCount, total: all.length, entities });
}

function one(call: Call): Answer {
  const session = call.premises.floor.session(call.parameters[0]!, call.now);
  return session === undefined ? notFound('Session') : json(200, session);
}

/** The timer runs on the server from now on, whatever ran before: the last call wins. */
function setAcw(call: Call): Answer {
  const { premises, now } = call;
  const sessionId = call.parameters[0]!;
  const user = premises.floor.userOf(sessionId);
  const session = user && premises.floor.look(user, now).sessions.get(sessionId);
  if (user === undefined || session === undefined) return notFound('Session');
  const { success, data } = ACW.safeParse(readJson(call.request.body));
  if (!success) return refusal(400, 'invalid_body', 'The body is no after-call work');
  const fault = faultOf(data);
  if (fault !== undefined) return refusal(422, fault, `The after-call work of ${sessionId} was refused`);
  if (session.state !== 'acw') {
    premises.writes.counts.add('acw conflict');
    return refusal(409, 'session_not_in_acw', `The session is in ${session.state}`);
  }
  const agent = premises.floor.keep(user, now);
  const kept = agent.sessions.get(sessionId)!;
  const { duration: durationSeconds, type, reasonCode, enforceUntilComplete: isEnforced } = data;
  kept.timer = { endsAt: now + durationSeconds * 1000, isEnforced };
  const idempotencyKey = call.request.headers['idempotency-key'];
  premises.writes.setAcw({
    sessionId,
    durationSeconds,
    type,
    reasonCode,
    isEnforced,
    idempotencyKey,
    at: now,
  });
  return json(200, wireSession(agent, kept, now));
}

function faultOf({ duration, type }: z.infer<typeof ACW>): string | undefined {
  if (!Number.isInteger(duration) || duration < 1 || duration > LONGEST_ACW_SECONDS)
    return 'invalid_duration';
  return ACW_TYPES.some((one) => one === type) ? undefined : 'invalid_type';
}
