import type { Change } from '../domain/change.ts';
import { formatInstant } from '../domain/instant.ts';
import { readDocument } from './audit-entry.ts';
import type { StatusOutcome } from './change-status.ts';
import type { AgentShown } from './show-status.ts';

/** What came of a request, as the command line and HTTP say it (surface.md, HTTP). */
export interface OutcomeDocument {
  readonly outcome: Change['status'];
  readonly id: string;
  readonly updatedTimestamp?: string;
  readonly waitingFor?: readonly string[];
  readonly deadlineAt?: string;
  readonly presence?: string;
  /** Why it was refused: `agent_absent` or `vendor_refused`. */
  readonly code?: string;
  readonly why?: string;
}

export function outcomeDocument({ change, presence }: StatusOutcome): OutcomeDocument {
  const { changeId: id, status: outcome, updatedAt, waitingFor, deadlineAt, why } = change;
  const followed = presence === undefined ? {} : { presence };
  switch (outcome) {
    case 'applied':
      return { outcome, id, updatedTimestamp: formatInstant(updatedAt ?? change.requestedAt), ...followed };
    case 'already_applied':
      return { outcome, id, ...followed };
    // Another process is at it: for whoever asked it waits like one that is queued.
    case 'queued':
    case 'applying':
      return {
        outcome: 'queued',
        id,
        waitingFor,
        deadlineAt: formatInstant(deadlineAt),
        why: why ?? 'it is being carried out',
      };
    case 'refused':
      return { outcome, id, code: refusalCode(change), why: why ?? 'refused' };
    default:
      return { outcome, id, why: why ?? outcome };
  }
}

/** What never left the house was refused for want of an agent. */
function refusalCode({ sendings }: Change): string {
  return sendings === 0 ? 'agent_absent' : 'vendor_refused';
}

/** A change that is queued or under way, for lists. */
export function changeDocument(change: Change) {
  const { changeId: id, status, wanted, reason, withPresence, requestedBy, waitingFor } = change;
  const { requestedAt, deadlineAt, why } = change;
  return {
    id,
    status,
    state: wanted.state,
    skillGroups: wanted.skillGroups,
    routingGroups: wanted.routingGroups,
    reason,
    withPresence,
    requestedBy,
    requestedAt: formatInstant(requestedAt),
    deadlineAt: formatInstant(deadlineAt),
    waitingFor,
    why: why ?? null,
  };
}

/** An agent from both sides, with what is queued. */
export function shownDocument(userId: string, { presence, changes, ...view }: AgentShown) {
  const read = readDocument({ ...view, desktop: { presence } });
  return {
    userId,
    ...read,
    presence: read.presence ?? null,
    changes: changes.map(changeDocument),
  };
}
