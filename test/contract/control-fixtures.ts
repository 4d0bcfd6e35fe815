import type { AcwContract } from '../../src/domain/acw.ts';
import type { Change } from '../../src/domain/change.ts';
import type { Override } from '../../src/domain/override.ts';
import type { KnownSession, Session } from '../../src/domain/session.ts';
import type { AuditEntry, ControlStore, Escalation, PresenceStore } from '../../src/usecases/control-port.ts';
import type { SessionEvent } from '../../src/usecases/web-ports.ts';
import { MINUTE, T0 } from './store-fixtures.ts';

export function told(event: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: T0,
    actor: 'anna',
    event,
    userId: 'a',
    subject: undefined,
    why: 'because',
    read: undefined,
    sent: undefined,
    answer: undefined,
    ...more,
  };
}

/** The events in the audit, in order. */
export async function eventsOf(store: ControlStore): Promise<string[]> {
  return (await store.auditPage({}, 100)).map(({ event }) => event);
}

/** Puts an escalation into the outbox, as the end of a disagreement does. */
export function escalate(store: PresenceStore, escalation: Escalation, audit: AuditEntry): Promise<void> {
  return store.saveDisagreement('nobody', undefined, audit, escalation);
}

export function change(changeId: string, userId = 'a', more: Partial<Change> = {}): Change {
  return {
    changeId,
    userId,
    wanted: {
      state: 'lunch',
      skillGroups: [{ id: 'sk', state: 'acw' }],
      routingGroups: [{ id: 'rg', state: 'busy' }],
    },
    reason: 'shift start',
    withPresence: true,
    requestedBy: 'anna',
    requestedAt: T0,
    deadlineAt: T0 + 30 * MINUTE,
    status: 'queued',
    baseline: undefined,
    sendings: 0,
    unansweredAt: undefined,
    supersededBy: undefined,
    waitingFor: [],
    updatedAt: undefined,
    why: undefined,
    ...more,
  };
}

export function contract(sessionId: string, more: Partial<AcwContract> = {}): AcwContract {
  return {
    sessionId,
    userId: 'a',
    key: `acw-${sessionId}`,
    durationSeconds: 90,
    type: 'compliance',
    reasonCode: 'crm',
    requestedBy: 'rule',
    createdAt: T0,
    status: 'sending',
    sent: { times: 1, at: T0, timerBefore: T0 + 30_000 },
    endsAt: undefined,
    extension: { seconds: 0, status: 'none' },
    owner: 'worker 1',
    why: undefined,
    ...more,
  };
}

/** A contract whose timer runs. */
export function running(sessionId: string, more: Partial<AcwContract> = {}): AcwContract {
  return contract(sessionId, { status: 'running', endsAt: T0 + 90_000, owner: undefined, ...more });
}

export function override(overrideId: string, more: Partial<Override> = {}): Override {
  return {
    overrideId,
    userId: 'a',
    state: 'offline',
    incident: 'INC-7',
    reason: 'lockout',
    requestedBy: 'anna',
    requestedAt: T0,
    expiresAt: T0 + 15 * MINUTE,
    status: 'requested',
    decidedBy: undefined,
    decidedAt: undefined,
    acknowledged: [],
    owner: undefined,
    updatedAt: undefined,
    why: undefined,
    ...more,
  };
}

export function session(sessionId: string, state: Session['state'], more: Partial<Session> = {}): Session {
  return {
    sessionId,
    userId: 'a',
    state,
    mediaType: 'voice',
    direction: 'inbound',
    skillId: undefined,
    acwRemainingSeconds: undefined,
    ...more,
  };
}

export function polled(sessionId: string, state: Session['state'], at: number): KnownSession {
  return { ...session(sessionId, state), at };
}

let events = 0;

/** A push that arrives a second after it happened, unless told otherwise. */
export function pushed(
  sessionId: string,
  state: string,
  at: number,
  more: Partial<SessionEvent> = {},
): SessionEvent {
  events += 1;
  return {
    eventId: `event ${events}`,
    sessionId,
    userId: 'a',
    state,
    mediaType: 'voice',
    acwRemainingSeconds: undefined,
    at,
    receivedAt: at + 1_000,
    ...more,
  };
}
