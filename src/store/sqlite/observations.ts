import type { Instant } from '../../domain/instant.ts';
import type { AgentStatus, Observation, ObservationCounts, ReopenRule } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { changeOf, type LogChanges, noteStored } from './event-log.ts';
import { earlier } from './reopening.ts';
import type { InsertTransition } from './transition-inserts.ts';

interface SeenRow {
  readonly told: number;
  readonly confirmedUntil: Instant | null;
  readonly absentAt: Instant | null;
}

export type Observe = (
  observations: readonly Observation[],
  rule: ReopenRule,
  changes: LogChanges,
  lastSequence: number,
) => ObservationCounts;

/** What polls saw, entered into the log (reconciliation.md 1: what a polled log knows, and where it has holes). */
export function makeObservations({ database, numbers }: Connection, insert: InsertTransition): Observe {
  const selectSeen = database.prepare(
    `SELECT told, confirmed_until AS confirmedUntil, absent_at AS absentAt FROM transitions
     WHERE agent_no = ? AND at = ? AND state_no = ?`,
  );
  const confirm = database.prepare(
    `UPDATE transitions SET confirmed_until = :until, absent_at = CASE WHEN absent_at > :until THEN absent_at END
     WHERE agent_no = :agentNo AND at = :at AND state_no = :stateNo`,
  );
  const markAbsent = database.prepare(
    `UPDATE transitions SET absent_at = :observedAt
     WHERE (agent_no, at, state_no) = (
         SELECT agent_no, at, state_no FROM transitions WHERE agent_no = :agentNo AND at <= :observedAt
         ORDER BY at DESC, received_at DESC, sequence DESC LIMIT 1)
       AND :observedAt > coalesce(confirmed_until, at - 1) AND (absent_at IS NULL OR absent_at > :observedAt)`,
  );

  /** A confirmation that ends a hole makes known what was not. */
  function confirmSeen(
    agentNo: number,
    status: AgentStatus,
    observedAt: Instant,
    rule: ReopenRule,
    changes: LogChanges,
  ): void {
    const { updatedAt: at } = status;
    const stateNo = numbers.ofState(status.state);
    const seen = selectSeen.get(agentNo, at, stateNo) as SeenRow;
    const knownUntil = seen.confirmedUntil ?? at;
    if (observedAt <= knownUntil && seen.confirmedUntil !== null) return;
    confirm.run({ agentNo, at, stateNo, until: Math.max(observedAt, knownUntil) });
    const change = changeOf(changes, agentNo);
    const endsHole = seen.told === 0 || (seen.absentAt !== null && seen.absentAt <= observedAt);
    if (endsHole && observedAt >= rule.closedBefore)
      change.filledFrom = earlier(change.filledFrom, knownUntil);
  }

  return (observations, rule, changes, lastSequence) => {
    let changed = 0;
    let unchanged = 0;
    let absent = 0;
    for (const { userId, observedAt, status } of observations) {
      if (status === undefined) {
        absent += 1;
        const agentNo = numbers.findAgent(userId);
        if (agentNo !== undefined && markAbsent.run({ agentNo, observedAt }).changes === 1) {
          changeOf(changes, agentNo);
        }
        continue;
      }
      const agentNo = numbers.ofAgent(userId);
      const transition = {
        userId,
        state: status.state,
        at: status.updatedAt,
        receivedAt: observedAt,
        source: 'poll',
      } as const;
      if (insert({ agentNo, transition, sequence: lastSequence + changed + 1 })) {
        changed += 1;
        noteStored(changeOf(changes, agentNo), transition, rule);
      } else {
        unchanged += 1;
        confirmSeen(agentNo, status, observedAt, rule, changes);
      }
    }
    return { changed, unchanged, absent };
  };
}
