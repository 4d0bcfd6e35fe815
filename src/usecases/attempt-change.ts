import type { Change } from '../domain/change.ts';
import {
  type ChangeDecision,
  type ChangeRules,
  decideChange,
  loggedFrom,
  type Meanwhile,
} from '../domain/change-rules.ts';
import { ProgramError } from '../domain/errors.ts';
import { isProtected } from '../domain/session.ts';
import { auditEntry, readDocument } from './audit-entry.ts';
import { followWithPresence, type PresenceDeps, type PresenceOutcome } from './follow-presence.ts';
import { type AgentLook, lookAtAgent } from './look-at-agent.ts';
import { logApplied, type SendDeps, sendChange } from './send-change.ts';

export interface AttemptDeps extends SendDeps {
  readonly vendor: SendDeps['vendor'] & PresenceDeps['vendor'];
  readonly rules: ChangeRules;
}

export interface Attempted {
  /** As it is now: in its last state, or queued. */
  readonly change: Change;
  /** What became of the desktop's presence, where it was to follow and telephony is as wanted. */
  readonly presence: PresenceOutcome | undefined;
}

/** More answers than this that leave it open are for the next time to settle. */
const MOST_SENDINGS_AT_ONCE = 2;

/** More transitions than this in a change's time are noise. */
const MOST_LOGGED = 1_000;

/**
 * Reads the agent, decides about a queued change, and does it: what is sent is read again and decided again when the
 * answer leaves it open (409, 401, none), never repeated blindly.
 * @throws ProgramError when the agent cannot be read; the change then stays queued.
 */
export async function attemptChange(
  deps: AttemptDeps,
  asked: Change,
  actor: string,
  signal?: AbortSignal,
): Promise<Attempted> {
  const isOurs = await carryOut(deps, asked, actor, signal);
  const change = (await deps.store.readChange(asked.changeId)) ?? asked;
  const isReached = change.status === 'applied' || change.status === 'already_applied';
  if (!isOurs || !isReached || !change.withPresence) return { change, presence: undefined };
  return { change, presence: await followWithPresence(deps, change, actor, signal) };
}

/** @returns whether it was this attempt that brought the change to its end. */
async function carryOut(
  deps: AttemptDeps,
  asked: Change,
  actor: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let change = asked;
  for (let sendings = 0; sendings < MOST_SENDINGS_AT_ONCE; sendings += 1) {
    const telephony = await lookAtAgent(deps, asked.userId, actor, signal);
    const look = { ...telephony, desktop: await desktopOf(deps, asked, signal) };
    const decision = await decide(deps, change, look);
    if (decision.does !== 'send') return settle(deps, change, decision, look, actor);
    const { wanted, why } = decision;
    const sent = await sendChange(deps, { change, wanted, why, look, actor }, signal);
    if (sent.next !== 'again') return sent.next === 'over';
    change = sent.change;
  }
  return false;
}

/**
 * The other of both state machines, read for a person's request only, so that its audit has both sides. Nothing hangs
 * on it: where it cannot be read, telephony is changed all the same.
 */
async function desktopOf(
  { vendor, log }: AttemptDeps,
  { userId, baseline }: Change,
  signal: AbortSignal | undefined,
): Promise<AgentLook['desktop']> {
  if (baseline !== undefined) return undefined;
  try {
    return { presence: await vendor.readPresence(userId, signal) };
  } catch (err) {
    if (signal?.aborted === true || !(err instanceof ProgramError)) throw err;
    log.debug({ agent: userId, err }, 'presence cannot be read');
    return undefined;
  }
}

async function decide(deps: AttemptDeps, change: Change, look: AgentLook): Promise<ChangeDecision> {
  const next = await deps.store.nextChange(change.userId);
  if (next?.changeId !== change.changeId) {
    return { does: 'wait', waitingFor: [], why: 'an earlier change of the agent goes first' };
  }
  const meanwhile = await meanwhileOf(deps, change, look);
  // A newer request may have come since the change was read.
  const current = { ...change, supersededBy: next.supersededBy };
  return decideChange(current, look, meanwhile, deps.rules, deps.clock.now());
}

async function meanwhileOf(
  { store, clock }: AttemptDeps,
  change: Change,
  { sessions }: AgentLook,
): Promise<Meanwhile> {
  const from = loggedFrom(change);
  const logged = from === undefined ? [] : await store.loggedStatesAfter(change.userId, from, MOST_LOGGED);
  if (sessions.some(isProtected)) return { logged, sessionsUntil: clock.now() };
  const ends = await Promise.all(change.waitingFor.map((sessionId) => store.knownSession(sessionId)));
  const sessionsUntil = Math.max(change.requestedAt, ...ends.map((session) => session?.at ?? 0));
  return { logged, sessionsUntil };
}

const EVENTS = {
  applied: 'status_answered',
  already_applied: 'state_already_applied',
  refused: 'status_decided',
  void: 'status_void',
  expired: 'status_expired',
  superseded: 'status_superseded',
} as const;

/** Enters a decision that sends nothing. @returns whether the change is at its end by it. */
async function settle(
  deps: AttemptDeps,
  change: Change,
  decision: Exclude<ChangeDecision, { does: 'send' }>,
  look: AgentLook,
  actor: string,
): Promise<boolean> {
  if (decision.does === 'wait') {
    await putOff(deps, change, decision, look, actor);
    return false;
  }
  const { store, clock, log } = deps;
  const { changeId, userId, wanted } = change;
  const { does, why } = decision;
  const seen = decision.does === 'applied' ? decision.seen : undefined;
  if (seen !== undefined) await logApplied(deps, userId, seen);
  const entry = auditEntry(clock.now(), actor, EVENTS[does], {
    userId,
    subject: changeId,
    why,
    read: readDocument(look),
  });
  const step = { status: does, why, ...(seen && { updatedAt: seen.at }) };
  if (!(await store.stepChange(changeId, 'queued', step, entry))) return false;
  const fields = { change: changeId, agent: userId, state: wanted.state, outcome: does, why };
  if (does === 'expired' || does === 'void') log.warn(fields, 'status change not carried out');
  else log.info(fields, 'status change settled');
  return true;
}

/** Leaves it queued; that is news only when it waits for something else than before. */
async function putOff(
  { store, clock, log }: AttemptDeps,
  change: Change,
  { waitingFor, why }: Extract<ChangeDecision, { does: 'wait' }>,
  look: AgentLook,
  actor: string,
): Promise<void> {
  const { changeId, userId, wanted } = change;
  const isNew = change.baseline === undefined;
  if (!isNew && why === change.why && waitingFor.join() === change.waitingFor.join()) return;
  const words = { userId, subject: changeId, why, read: readDocument(look) };
  const baseline = isNew && look.status !== undefined ? { baseline: look.status } : {};
  const step = { status: 'queued', waitingFor, why, ...baseline } as const;
  await store.stepChange(changeId, 'queued', step, auditEntry(clock.now(), actor, 'status_queued', words));
  log.info({ change: changeId, agent: userId, state: wanted.state, waitingFor, why }, 'status change waits');
}
