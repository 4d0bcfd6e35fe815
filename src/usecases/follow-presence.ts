import type { Change } from '../domain/change.ts';
import { ProgramError } from '../domain/errors.ts';
import { presenceFor } from '../domain/presence.ts';
import { normalizeState } from '../domain/state.ts';
import { auditEntry, stateDocument } from './audit-entry.ts';
import type { AuditStore, ControlAnswer, TelephonyVendor } from './control-port.ts';
import type { Clock, Log } from './ports.ts';

export interface PresenceDeps {
  readonly store: AuditStore;
  readonly vendor: Pick<TelephonyVendor, 'readPresence' | 'writePresence'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What became of the desktop's presence beside a change of telephony. */
export type PresenceOutcome = 'set' | 'unchanged' | 'failed';

const MOST_SENDINGS = 2;

/**
 * Lets the desktop's presence follow a change of telephony. It is a state machine of its own, so that what becomes
 * of it changes nothing about the change; where it fails, the two disagree, and the watch over them will say so.
 */
export async function followWithPresence(
  deps: PresenceDeps,
  change: Change,
  actor: string,
  signal?: AbortSignal,
): Promise<PresenceOutcome> {
  const { vendor, log } = deps;
  const { changeId, userId, wanted } = change;
  const target = presenceFor(wanted.state);
  try {
    for (let sendings = 0; ; sendings += 1) {
      const presence = await vendor.readPresence(userId, signal);
      if (presence !== undefined && normalizeState(presence.status) === target) {
        return sendings === 0 ? 'unchanged' : 'set';
      }
      if (sendings === MOST_SENDINGS) break;
      const answer = await send(deps, change, target, actor, signal);
      if (answer.outcome === 'applied') return 'set';
      if (answer.outcome === 'refused' || answer.outcome === 'not_taken') break;
    }
  } catch (err) {
    if (signal?.aborted === true || !(err instanceof ProgramError)) throw err;
    log.warn({ change: changeId, agent: userId, err }, 'presence cannot be read');
  }
  log.warn({ change: changeId, agent: userId, presence: target }, 'presence does not follow telephony');
  return 'failed';
}

async function send(
  { store, vendor, clock }: PresenceDeps,
  { changeId, userId }: Change,
  target: string,
  actor: string,
  signal: AbortSignal | undefined,
): Promise<ControlAnswer> {
  const about = { userId, subject: changeId };
  const sent = { ...about, why: 'presence follows telephony', sent: { status: target } };
  await store.recordAudit([auditEntry(clock.now(), actor, 'presence_sent', sent)]);
  const answer = await vendor.writePresence(userId, target, signal);
  const why = 'reason' in answer ? answer.reason : 'the desktop shows it';
  const document = answer.outcome === 'applied' ? stateDocument(answer) : answer;
  const answered = { ...about, why, answer: document };
  await store.recordAudit([auditEntry(clock.now(), actor, 'presence_answered', answered)]);
  return answer;
}
