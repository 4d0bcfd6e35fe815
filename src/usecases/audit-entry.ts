import { formatInstant, type Instant } from '../domain/instant.ts';
import type { Session } from '../domain/session.ts';
import type { AuditEntry } from './control-port.ts';

/** Who acts where nobody asked: the jobs. */
export const DEFERRED_JOB = 'deferred';

/** What a row of the audit says; what is left out there is none of. */
export interface AuditWords {
  readonly userId?: string;
  readonly subject?: string;
  readonly why: string;
  readonly read?: unknown;
  readonly sent?: unknown;
  readonly answer?: unknown;
}

export function auditEntry(
  at: Instant,
  actor: string,
  event: string,
  { userId, subject, why, read, sent, answer }: AuditWords,
): AuditEntry {
  return { at, actor, event, userId, subject, why, read, sent, answer };
}

export interface ReadDocument {
  readonly status: { readonly state: string; readonly updatedTimestamp: string } | null;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly mediaType: string;
    readonly state: string;
    readonly acwRemaining?: number;
  }[];
}

/** What was read of an agent, as the audit keeps it. */
export function readDocument({
  status,
  sessions,
}: {
  readonly status: { readonly state: string; readonly updatedAt: Instant } | undefined;
  readonly sessions: readonly Session[];
}): ReadDocument {
  return {
    status: status === undefined ? null : stateDocument(status),
    sessions: sessions.map(({ sessionId, mediaType, state, acwRemainingSeconds }) => ({
      sessionId,
      mediaType,
      state,
      ...(acwRemainingSeconds !== undefined && { acwRemaining: acwRemainingSeconds }),
    })),
  };
}

/** A state at the engine's instant, in the words of the wire. */
export function stateDocument({ state, updatedAt }: { readonly state: string; readonly updatedAt: Instant }) {
  return { state, updatedTimestamp: formatInstant(updatedAt) };
}
