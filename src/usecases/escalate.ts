import { createHash } from 'node:crypto';
import { formatInstant, type Instant } from '../domain/instant.ts';
import { auditEntry } from './audit-entry.ts';
import type { AuditEntry, DueEscalation, Escalation, EscalationStore } from './control-port.ts';
import { growingPauseMs } from './growing-pause.ts';
import type { Clock, Log } from './ports.ts';

/** What became of posting an escalation. Never says where it was posted to: the address may be a secret. */
export type PostAnswer =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'failed'; readonly why: string; readonly retryAfterMs: number | undefined }
  /** Whoever it was for wants no more of them (410). */
  | { readonly outcome: 'gone'; readonly why: string };

/** Posts the bytes of an escalation. Never throws but for an abort. */
export type PostEscalation = (escalation: Escalation, signal?: AbortSignal) => Promise<PostAnswer>;

export interface EscalateDeps {
  readonly store: Pick<EscalationStore, 'dueEscalations' | 'finishEscalation'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: PostEscalation;
  /** Between 0 and 1, to spread what is tried again. */
  readonly random: () => number;
}

export interface EscalateReport {
  readonly delivered: number;
  readonly waiting: number;
  readonly givenUp: number;
}

/** Who acts in the audit. */
const ESCALATION_JOB = 'job:escalations';
/** Of these a tick posts no more, so that a receiver who is slow holds nobody up for long. */
const MOST_AT_ONCE = 20;
const PAUSES = { firstMs: 5_000, longestMs: 15 * 60_000 };
/** Older than this it is of no use any more. */
const GIVEN_UP_AFTER_MS = 24 * 3_600_000;

/**
 * An escalation with the bytes that are posted, each time the same. The same event of the same subject has the same
 * id, so that whoever gets it twice can tell.
 */
export function escalationOf(event: string, subject: string, at: Instant, data: object): Escalation {
  const digest = createHash('sha256')
    .update(JSON.stringify([event, subject]))
    .digest('hex');
  const body = JSON.stringify({ type: event, timestamp: formatInstant(at), data });
  return { escalationId: `esc_${digest.slice(0, 32)}`, event, body };
}

/**
 * Posts the escalations that wait, the oldest first: each until it is taken, with waits that grow, for a day at most.
 * One that fails ends this round, because the next one would fail the same way.
 */
export async function deliverEscalations(deps: EscalateDeps, signal?: AbortSignal): Promise<EscalateReport> {
  const due = await deps.store.dueEscalations(deps.clock.now(), MOST_AT_ONCE);
  const report = { delivered: 0, waiting: 0, givenUp: 0 };
  for (const escalation of due) {
    const answer = await deps.post(escalation, signal);
    const became = await finish(deps, escalation, answer);
    report[became]++;
    if (became === 'waiting') break;
  }
  return report;
}

async function finish(
  deps: EscalateDeps,
  escalation: DueEscalation,
  answer: PostAnswer,
): Promise<keyof EscalateReport> {
  const { store, clock, log } = deps;
  const { escalationId, event, body, createdAt, attempts } = escalation;
  const now = clock.now();
  const audit = (ended: 'escalation_delivered' | 'escalation_given_up', why: string): AuditEntry =>
    auditEntry(now, ESCALATION_JOB, ended, { subject: escalationId, why, sent: JSON.parse(body), answer });
  if (answer.outcome === 'taken') {
    const entry = audit('escalation_delivered', 'it was taken');
    await store.finishEscalation(escalationId, { notBefore: undefined, delivered: true }, entry);
    return 'delivered';
  }
  const isOver = answer.outcome === 'gone' || now - createdAt >= GIVEN_UP_AFTER_MS;
  const fields = { escalation: escalationId, event, attempts: attempts + 1, why: answer.why };
  if (isOver) {
    log.error(fields, 'an escalation is given up');
    const entry = audit('escalation_given_up', answer.why);
    await store.finishEscalation(escalationId, { notBefore: undefined, delivered: false }, entry);
    return 'givenUp';
  }
  const waitMs = waitOf(attempts, answer.retryAfterMs, deps.random);
  log.warn({ ...fields, waitMs }, 'an escalation was not taken; it is tried again');
  await store.finishEscalation(escalationId, { notBefore: now + waitMs, delivered: false }, undefined);
  return 'waiting';
}

/** As long as is asked for, within reason. */
function waitOf(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  const waitMs = growingPauseMs(attempts, PAUSES, random());
  return Math.max(waitMs, Math.min(retryAfterMs ?? 0, PAUSES.longestMs));
}
