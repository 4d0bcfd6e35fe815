import type { Change, WantedStatus } from '../domain/change.ts';
import { type ErrorCode, ProgramError } from '../domain/errors.ts';
import { type AttemptDeps, attemptChange } from './attempt-change.ts';
import { auditEntry } from './audit-entry.ts';
import type { PresenceOutcome } from './follow-presence.ts';

/** A person's wish for an agent's status. */
export interface StatusRequest {
  readonly userId: string;
  readonly wanted: WantedStatus;
  /** Sent along as `overrideReason`. */
  readonly reason: string;
  /** For how long it may wait for its moment, in milliseconds. */
  readonly withinMs: number;
  /** Older changes of the agent that are queued stand, and go first. */
  readonly keepOlder: boolean;
  /** The desktop's presence is to follow. */
  readonly withPresence: boolean;
  readonly requestedBy: string;
}

/** What came of a request (surface.md, HTTP); in `change` all that is known of it. */
export interface StatusOutcome {
  readonly change: Change;
  readonly presence: PresenceOutcome | undefined;
}

export interface ChangeDeps extends AttemptDeps {
  /** A new id each time. */
  newId(): string;
}

/** How long a change may wait unless said otherwise, and at least and at most, in milliseconds. */
export const WITHIN_MS = { usual: 30 * 60_000, least: 1_000, most: 24 * 3_600_000 } as const;

/** Failures of reading that pass by themselves; a change waits for their end. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['vendor_unavailable', 'vendor_rate_limited']);

/**
 * Changes an agent's status if that harms no session, else queues it: read, decide, write. The request is on the
 * disk before anything is read, and comes to exactly one end, now or later.
 * @throws ProgramError when the agent cannot be read for a reason that does not pass by itself; the request is then
 *   refused.
 */
export async function changeStatus(
  deps: ChangeDeps,
  request: StatusRequest,
  signal?: AbortSignal,
): Promise<StatusOutcome> {
  const change = await enqueue(deps, request);
  try {
    await settleOvertaken(deps, change, signal);
    return await attemptChange(deps, change, request.requestedBy, signal);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return notRead(deps, change, error, signal?.aborted === true);
  }
}

async function enqueue({ store, clock, newId }: ChangeDeps, request: StatusRequest): Promise<Change> {
  const { withinMs, keepOlder, ...asked } = request;
  const requestedAt = clock.now();
  const change: Change = {
    ...asked,
    changeId: newId(),
    requestedAt,
    deadlineAt: requestedAt + withinMs,
    status: 'queued',
    baseline: undefined,
    sendings: 0,
    unansweredAt: undefined,
    supersededBy: undefined,
    waitingFor: [],
    updatedAt: undefined,
    why: undefined,
  };
  const { userId, changeId, wanted, reason, withPresence } = change;
  const words = { userId, subject: changeId, why: reason, sent: { ...wanted, withPresence, keepOlder } };
  const entry = auditEntry(requestedAt, asked.requestedBy, 'status_requested', words);
  await store.addChange(change, !keepOlder, entry);
  return change;
}

/** What the request has overtaken while it was unanswered goes first: a reading says how it ended. */
async function settleOvertaken(
  deps: ChangeDeps,
  { changeId, userId, requestedBy }: Change,
  signal: AbortSignal | undefined,
): Promise<void> {
  const open = await deps.store.openChanges(userId);
  for (const older of open.filter(({ supersededBy }) => supersededBy === changeId)) {
    if (older.status === 'queued') await attemptChange(deps, older, requestedBy, signal);
  }
}

/** What passes by itself leaves the change queued; what does not, or nobody waits for any more, refuses it. */
async function notRead(
  { store, clock, log }: ChangeDeps,
  asked: Change,
  error: ProgramError,
  isGivenUp: boolean,
): Promise<StatusOutcome> {
  const { changeId, userId, requestedBy } = asked;
  const why = error.message;
  const isPassing = PASSING.has(error.code) && !isGivenUp;
  const status = isPassing ? 'queued' : 'refused';
  const event = isPassing ? 'status_queued' : 'status_decided';
  const entry = auditEntry(clock.now(), requestedBy, event, { userId, subject: changeId, why });
  const change = (await store.readChange(changeId)) ?? asked;
  // What has left the house unanswered must be settled by reading, whoever has given up waiting.
  if (change.unansweredAt === undefined || isPassing) {
    await store.stepChange(changeId, 'queued', { status, why }, entry);
  }
  log.warn({ change: changeId, agent: userId, err: error }, 'status change: the agent cannot be read');
  if (!isPassing) throw error;
  return { change: (await store.readChange(changeId)) ?? change, presence: undefined };
}
