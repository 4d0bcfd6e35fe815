import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import type { ReopenRule } from '../../usecases/ports.ts';

/** What one batch changed in an agent's log. */
export interface LogChange {
  /** The earliest stored transition. */
  firstAt: Instant | undefined;
  /** The earliest stored transition in time that is not closed. */
  lateAt: Instant | undefined;
  /** The earliest stored transition in closed time. */
  closedAt: Instant | undefined;
  /** The earliest of those that a push or an import told of. */
  toldAt: Instant | undefined;
  /** The earliest instant that was unknown before, and is known now. */
  filledFrom: Instant | undefined;
}

export function noChange(): LogChange {
  return {
    firstAt: undefined,
    lateAt: undefined,
    closedAt: undefined,
    toldAt: undefined,
    filledFrom: undefined,
  };
}

export function earlier(a: Instant | undefined, b: Instant): Instant {
  return a === undefined || b < a ? b : a;
}

export interface Reopening {
  /** Has what was judged from this instant on judged again. */
  from(agentNo: number, from: Instant): void;
  /** Has late evidence for closed time judged like any other, of all agents or of some. @returns of how many. */
  unlock(userIds: readonly string[] | undefined): number;
  /** Until when the log knew the state that was held before `at`. */
  knownBefore(agentNo: number, at: Instant): Instant;
  /** Enters a batch's changes with the agent, and reopens what was judged on other evidence. */
  note(agentNo: number, change: LogChange, rule: ReopenRule, lastSequence: number): void;
}

/**
 * Late evidence reopens an agent's time from its instant minus the margin. Evidence that fills a hole (time that
 * the log did not know, reconciliation.md 1) reopens from where the hole began, if that was judged already.
 */
export function makeReopening(database: Database.Database): Reopening {
  const noteChange = database
    .prepare(
      `UPDATE agents SET version = version + 1,
         first_transition_at = CASE WHEN first_transition_at <= :firstAt THEN first_transition_at
           ELSE coalesce(:firstAt, first_transition_at) END,
         not_found_since = CASE WHEN :firstAt IS NULL THEN not_found_since END,
         retired_at = CASE WHEN :firstAt IS NULL THEN retired_at END
       WHERE agent_no = :agentNo RETURNING watermark`,
    )
    .pluck();
  const count = database
    .prepare(`UPDATE meta SET value = value + 1 WHERE key = 'reopen_sequence' RETURNING value`)
    .pluck();
  const reopen = database.prepare(
    `UPDATE agents SET reopened_from = :from, reopened_sequence = :sequence
     WHERE agent_no = :agentNo AND :from < watermark AND (reopened_from IS NULL OR reopened_from > :from)`,
  );
  const remember = database.prepare(
    `UPDATE agents SET closed_from = min(coalesce(closed_from, :from), :from)
     WHERE agent_no = :agentNo AND :from < watermark`,
  );
  const unlock = database.prepare(
    `UPDATE agents SET reopened_from = min(coalesce(reopened_from, closed_from), closed_from),
       reopened_sequence = :sequence, closed_from = NULL, version = version + 1
     WHERE closed_from IS NOT NULL AND (:userIds IS NULL OR user_id IN (SELECT value FROM json_each(:userIds)))`,
  );
  const before = database.prepare(
    `SELECT coalesce(confirmed_until, at) AS knownUntil, absent_at AS absentAt FROM transitions
     WHERE agent_no = ? AND at < ? ORDER BY at DESC, received_at DESC, sequence DESC LIMIT 1`,
  );
  const toldAfter = database
    .prepare(
      `SELECT told FROM transitions WHERE agent_no = ? AND at >= ? AND sequence <= ?
       ORDER BY at, received_at DESC, sequence DESC LIMIT 1`,
    )
    .pluck();

  function stateBefore(agentNo: number, at: Instant) {
    return before.get(agentNo, at) as { knownUntil: Instant; absentAt: Instant | null } | undefined;
  }

  /** Where the hole began that lay before a told transition until it was stored, if there was one. */
  function holeBefore(agentNo: number, at: Instant, lastSequence: number): Instant | undefined {
    const held = stateBefore(agentNo, at);
    if (held === undefined) return undefined;
    const nextWasPolled = toldAfter.get(agentNo, at, lastSequence) === 0;
    return nextWasPolled || held.absentAt !== null ? Math.min(held.knownUntil, at) : undefined;
  }

  function reopenedBy(
    agentNo: number,
    change: LogChange,
    watermark: Instant,
    rule: ReopenRule,
    last: number,
  ) {
    const late = change.lateAt !== undefined && change.lateAt < watermark + rule.marginMs;
    const hole = change.toldAt === undefined ? undefined : holeBefore(agentNo, change.toldAt, last);
    const filled = [change.filledFrom, hole]
      .filter((instant) => instant !== undefined)
      .map((instant) => Math.max(instant, rule.closedBefore))
      .filter((instant) => instant < watermark);
    const starts = late ? [change.lateAt as Instant, ...filled] : filled;
    return starts.length === 0 ? undefined : Math.min(...starts) - rule.marginMs;
  }

  function reopenFrom(agentNo: number, from: Instant): void {
    reopen.run({ agentNo, from, sequence: count.get() });
  }

  return {
    from: reopenFrom,
    unlock(userIds) {
      const asked = userIds === undefined ? null : JSON.stringify(userIds);
      return unlock.run({ userIds: asked, sequence: count.get() }).changes;
    },
    knownBefore: (agentNo, at) => stateBefore(agentNo, at)?.knownUntil ?? at,
    note(agentNo, change, rule, lastSequence) {
      const firstAt = change.firstAt ?? null;
      const watermark = noteChange.get({ agentNo, firstAt }) as Instant | null;
      if (watermark === null) return;
      if (change.closedAt !== undefined) remember.run({ agentNo, from: change.closedAt - rule.marginMs });
      const from = reopenedBy(agentNo, change, watermark, rule, lastSequence);
      if (from !== undefined) reopenFrom(agentNo, from);
    },
  };
}
