import { formatInstant, type Instant } from '../domain/instant.ts';
import type { Session } from '../domain/session.ts';
import type { AgentStatus } from '../domain/state.ts';
import type { AuditEntry, Presence } from './control-port.ts';

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
  /** The desktop's side, where it was read too; `null` when the agent is absent there. */
  readonly presence?: { readonly state: string; readonly updatedTimestamp: string } | null;
}

/** What was read of an agent, as the audit keeps it. */
export function readDocument({
  status,
  sessions,
  desktop,
}: {
  readonly status: AgentStatus | undefined;
  readonly sessions: readonly Session[];
  /** Left out where it was not read. */
  readonly desktop?: { readonly presence: Presence | undefined } | undefined;
}): ReadDocument {
  return {
    status: status === undefined ? null : stateDocument(status),
    sessions: sessions.map(({ sessionId, mediaType, state, acwRemainingSeconds }) => ({
      sessionId,
      mediaType,
      state,
      ...(acwRemainingSeconds !== undefined && { acwRemaining: acwRemainingSeconds }),
    })),
    ...(desktop && { presence: presenceDocument(desktop.presence) }),
  };
}

function presenceDocument(presence: Presence | undefined): NonNullable<ReadDocument['presence']> | null {
  return presence === undefined
    ? null
    : stateDocument({ state: presence.status, updatedAt: presence.updatedAt });
}

/** A state at the engine's instant, in the words of the wire. */
export function stateDocument({ state, updatedAt }: AgentStatus) {
  return { state, updatedTimestamp: formatInstant(updatedAt) };
}
