import type { Instant } from '../domain/instant.ts';
import { DAY_MS } from './local-day.ts';
import { keyOf, randomOf } from './rng.ts';
import type { User } from './roster.ts';
import type { Call, Premises, Route } from './route.ts';
import { type Answer, json, notFound, refusal } from './wire.ts';
import type { TruthTransition } from './workday.ts';

const PATH = '/api/v2/telephony/usersessions';
const ACCESS = { scope: 'session:manage' } as const;
const OUTBOUND_SHARE = 0.15;

/** Section 3 of the contract: sessions; so far to be read only. */
export const SESSION_ROUTES: readonly Route[] = [
  { method: 'GET', path: new RegExp(`^${PATH}$`), family: 'sessions', access: ACCESS, answer: list },
  { method: 'GET', path: new RegExp(`^${PATH}/([^/]+)$`), family: 'sessions', access: ACCESS, answer: one },
];

interface Session {
  readonly id: string;
  readonly userId: string;
  readonly state: string;
  readonly acwRemaining?: number;
  readonly mediaType: 'voice';
  readonly direction: 'inbound' | 'outbound';
}

function list(call: Call): Answer {
  const { premises, query, now } = call;
  const user = premises.centre.findAgent(query.get('userId') ?? '');
  if (user === undefined) return notFound('Agent');
  if (query.get('state') !== 'active') return refusal(400, 'invalid_state', 'state must be active');
  const { sessionId } = premises.centre.current(user, now);
  const session = sessionId === undefined ? undefined : sessionAt(premises, user, sessionId, now);
  const entities = session === undefined ? [] : [session];
  return json(200, { pageSize: 25, page: 1, pageCount: entities.length, total: entities.length, entities });
}

function one(call: Call): Answer {
  const sessionId = call.parameters[0]!;
  const user = call.premises.centre.findAgent(`usr_${sessionId.split('_')[1]}`);
  const session = user === undefined ? undefined : sessionAt(call.premises, user, sessionId, call.now);
  return session === undefined ? notFound('Session') : json(200, session);
}

/** A session as it is now; `undefined` when there has been none of this id so far. */
function sessionAt(premises: Premises, user: User, sessionId: string, now: Instant): Session | undefined {
  const transitions = dayOf(premises, user, sessionId);
  const index = transitions.findLastIndex((one) => one.sessionId === sessionId && one.at <= now);
  const last = transitions[index];
  if (last === undefined) return undefined;
  const end = transitions[index + 1]?.at ?? now;
  const random = randomOf(keyOf(premises.centre.seed, sessionId));
  const remaining = last.state === 'acw' ? { acwRemaining: Math.max(0, Math.ceil((end - now) / 1000)) } : {};
  return {
    id: sessionId,
    userId: user.userId,
    state: now < end ? last.state : 'ended',
    ...(now < end ? remaining : {}),
    mediaType: 'voice',
    direction: random() < OUTBOUND_SHARE ? 'outbound' : 'inbound',
  };
}

/** The session's id names the day it belongs to. */
function dayOf(premises: Premises, user: User, sessionId: string): readonly TruthTransition[] {
  const day = Number(sessionId.split('_')[2]);
  if (!Number.isInteger(day)) return [];
  const { centre } = premises;
  const workday = centre
    .workdays(user, day * DAY_MS, (day + 1) * DAY_MS)
    .find(({ shift }) => sessionId.startsWith(`ses_${shift.id.slice(4)}_`));
  return workday === undefined ? [] : centre.transitionsOf(user, workday);
}
