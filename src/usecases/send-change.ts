import type { Change, WantedStatus } from '../domain/change.ts';
import type { StateAt } from '../domain/change-rules.ts';
import { isProtected } from '../domain/session.ts';
import { AHEAD, isAhead } from './ahead.ts';
import { auditEntry, readDocument, stateDocument } from './audit-entry.ts';
import type { ChangeStep, ChangeStore, ControlAnswer, TelephonyVendor } from './control-port.ts';
import type { AgentLook, LookDeps } from './look-at-agent.ts';
import type { EventLogStore } from './ports.ts';
import type { LockOwner } from './run-lock.ts';

export interface SendDeps extends LookDeps {
  readonly store: LookDeps['store'] & ChangeStore & Pick<EventLogStore, 'recordTransitions'>;
  readonly vendor: LookDeps['vendor'] & Pick<TelephonyVendor, 'writeStatus'>;
  readonly owner: LockOwner;
}

/** What is sent, on what reading. */
export interface Sending {
  readonly change: Change;
  readonly wanted: WantedStatus;
  readonly why: string;
  readonly look: AgentLook;
  readonly actor: string;
}

/** What came of a sending: it is over, it may be decided afresh at once, or it waits for the next time. */
export type Sent =
  | { readonly next: 'over' | 'later' | 'lost' }
  | { readonly next: 'again'; readonly change: Change };

/**
 * Sends a change once, never with `force`, and enters what came of it. That it is being sent is on the disk before
 * the first byte leaves; what was applied is in the event log, at the engine's instant, before the change says so.
 * @returns `lost` when the change is no longer ours to send.
 */
export async function sendChange(deps: SendDeps, sending: Sending, signal?: AbortSignal): Promise<Sent> {
  const { store, vendor, clock, owner } = deps;
  const { change, wanted, why, look, actor } = sending;
  const { changeId, userId, reason } = change;
  const write = { ...wanted, force: false, overrideReason: reason };
  const words = { userId, subject: changeId, why, read: readDocument(look), sent: write };
  const sentAt = clock.now();
  if (!(await store.beginChange(changeId, owner.name, auditEntry(sentAt, actor, 'status_sent', words)))) {
    return { next: 'lost' };
  }
  try {
    const answer = inTime(await vendor.writeStatus(userId, write, signal), clock.now());
    return await enter(deps, sending, answer, sentAt);
  } catch (error) {
    // Given up in the middle: nobody knows whether it took effect, and the next reading will tell.
    await step(deps, sending, { status: 'queued' }, { outcome: 'unknown', reason: 'given up' });
    throw error;
  }
}

function inTime(answer: ControlAnswer, now: number): ControlAnswer {
  const isInTime = answer.outcome !== 'applied' || !isAhead(answer.updatedAt, now);
  return isInTime ? answer : { outcome: 'unknown', reason: AHEAD };
}

async function enter(deps: SendDeps, sending: Sending, answer: ControlAnswer, sentAt: number): Promise<Sent> {
  const { change, look } = sending;
  const baseline = change.baseline ?? look.status;
  const queued = { status: 'queued', ...(baseline && { baseline }) } as const;
  const sent = { ...change, sendings: change.sendings + 1 };
  switch (answer.outcome) {
    case 'applied':
      await logApplied(deps, change.userId, { state: answer.state, at: answer.updatedAt });
      await step(deps, sending, { status: 'applied', updatedAt: answer.updatedAt, answered: true }, answer);
      return { next: 'over' };
    case 'refused':
      await step(deps, sending, { status: 'refused', why: answer.reason, answered: true }, answer);
      return { next: 'over' };
    case 'conflict': {
      const waitingFor = look.sessions.filter(isProtected).map(({ sessionId }) => sessionId);
      const why = answer.reason;
      await step(deps, sending, { ...queued, waitingFor, why, answered: true }, answer);
      return { next: 'again', change: { ...sent, waitingFor, unansweredAt: undefined } };
    }
    case 'unauthorized':
      await step(deps, sending, { ...queued, why: answer.reason, answered: true }, answer);
      return { next: 'again', change: { ...sent, unansweredAt: undefined } };
    case 'not_taken':
      await step(deps, sending, { ...queued, why: answer.reason, answered: true }, answer);
      return { next: 'later' };
    case 'unknown':
      await step(deps, sending, { ...queued, why: answer.reason }, answer);
      return { next: 'again', change: { ...sent, unansweredAt: sentAt } };
  }
}

export interface LoggingDeps extends Pick<LookDeps, 'clock' | 'reopenRule'> {
  readonly store: Pick<EventLogStore, 'recordTransitions'>;
}

/** Enters the engine's own instant, the only one that may stand for the time of the change. */
export async function logApplied(
  { store, clock, reopenRule }: LoggingDeps,
  userId: string,
  seen: StateAt,
): Promise<void> {
  const transition = { ...seen, userId, receivedAt: clock.now(), source: 'status_change' } as const;
  await store.recordTransitions([transition], reopenRule());
}

async function step(
  { store, clock, log }: SendDeps,
  { change, actor }: Sending,
  to: ChangeStep,
  answer: ControlAnswer,
): Promise<void> {
  const { changeId, userId } = change;
  const why = 'reason' in answer ? answer.reason : 'the engine has applied it';
  const words = { userId, subject: changeId, why, answer: answerDocument(answer) };
  await store.stepChange(changeId, 'applying', to, auditEntry(clock.now(), actor, 'status_answered', words));
  const fields = { change: changeId, agent: userId, state: change.wanted.state, outcome: answer.outcome };
  log.info({ ...fields, why }, 'status change sent');
}

function answerDocument(answer: ControlAnswer): unknown {
  if (answer.outcome !== 'applied') return answer;
  return { outcome: answer.outcome, ...stateDocument(answer) };
}
