import { ProgramError } from '../../domain/errors.ts';
import type { FindingStatus } from '../../domain/finding.ts';
import type { Decision, ReleasedRun, RunStatus } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { makeHistory } from './history.ts';
import type { Reason, Steps } from './steps.ts';

/** What a circuit breaker holds back, and what a person does about it. Each in the caller's transaction. */
export interface HeldRuns {
  /** Holds a run's proposed corrections, and the findings that it or a run it adopted has changed. */
  hold(runId: number, reason: Reason): number;
  /** Lets a run's corrections go. */
  letGo(runId: number, from: 'proposed' | 'held', reason: Reason): number;
  release(runId: number, decision: Decision): ReleasedRun;
  drop(runId: number, decision: Decision): ReleasedRun;
}

export function makeHeldRuns({ database }: Connection, steps: Steps): HeldRuns {
  const history = makeHistory(database);
  const selectStatus = database.prepare('SELECT status FROM runs WHERE run_id = ?').pluck();
  const selectCorrected = database
    .prepare(`SELECT DISTINCT finding_id FROM corrections WHERE run_id = ? AND status = 'proposed'`)
    .pluck();
  const selectChanged = database
    .prepare(
      `SELECT finding_id FROM findings WHERE status IN ('open', 'in_review') AND run_id IN (
         SELECT :runId UNION ALL SELECT run_id FROM runs WHERE adopted_by = :runId)
       ORDER BY finding_no`,
    )
    .pluck();
  const selectHeld = database
    .prepare('SELECT finding_id FROM findings WHERE held_by_run = ? ORDER BY finding_no')
    .pluck();
  const isUnderWay = database
    .prepare(
      `SELECT 1 FROM corrections WHERE finding_id = ? AND status IN ('waiting', 'sending', 'unknown') LIMIT 1`,
    )
    .pluck();
  /** On hold a held correction may have been found at the vendor: what it was made for is done then. */
  const isDone = database
    .prepare(
      `SELECT 1 FROM corrections WHERE finding_id = :findingId AND status = 'delivered' AND take_back_asked = 0
         AND 'open' = (SELECT from_status FROM history
           WHERE entity = 'finding' AND entity_id = :findingId AND to_status = 'held'
           ORDER BY sequence DESC LIMIT 1)
       LIMIT 1`,
    )
    .pluck();
  const noteReview = database.prepare(
    `UPDATE findings SET reviewed_by = :person, review_note = :note, reviewed_at = :at,
       reviewed_ms = difference_ms WHERE finding_id = :findingId`,
  );
  const keepDelivered = database.prepare(
    'UPDATE corrections SET take_back_asked = 0 WHERE finding_id = ? AND take_back_asked = 1',
  );
  const settle = database.prepare(
    'UPDATE runs SET status = ?, corrections_waiting = ?, corrections_held = 0 WHERE run_id = ?',
  );

  function letGo(runId: number, from: 'proposed' | 'held', reason: Reason): number {
    return steps.moveCorrectionsOf(runId, from, 'waiting', reason);
  }

  function afterRelease(findingId: string): FindingStatus {
    if (isUnderWay.get(findingId) !== undefined) return 'open';
    return isDone.get({ findingId }) === undefined ? 'in_review' : 'corrected';
  }

  function requireHeld(runId: number): void {
    const status = selectStatus.get(runId) as RunStatus | undefined;
    if (status === undefined) throw new ProgramError('not_found', `there is no run ${runId}`);
    if (status !== 'held') throw new ProgramError('not_allowed', `run ${runId} is ${status}, not held`);
  }

  function settleRun(runId: number, to: RunStatus, waiting: number, { actor, now, why }: Reason): void {
    settle.run(to, waiting, runId);
    history({ entity: 'run', entityId: String(runId), at: now, actor, from: 'held', to, why });
  }

  return {
    letGo,
    hold(runId, reason) {
      const findingIds = [...selectCorrected.all(runId), ...selectChanged.all({ runId })] as string[];
      const held = steps.moveCorrectionsOf(runId, 'proposed', 'held', reason);
      for (const findingId of findingIds) steps.holdFinding(findingId, runId, reason);
      return held;
    },
    release(runId, { person, note, at }) {
      requireHeld(runId);
      const reason = { actor: person, now: at, why: note ?? 'its run was released' };
      const corrections = letGo(runId, 'held', reason);
      const findingIds = selectHeld.all(runId) as string[];
      for (const findingId of findingIds) {
        steps.moveFinding(findingId, ['held'], afterRelease(findingId), reason);
      }
      settleRun(runId, 'done', corrections, { ...reason, why: note ?? 'released' });
      return { corrections, findings: findingIds.length };
    },
    drop(runId, { person, note, at }) {
      requireHeld(runId);
      const reason = { actor: person, now: at, why: note ?? 'its run was dropped' };
      const corrections = steps.moveCorrectionsOf(runId, 'held', 'withdrawn', reason);
      const findingIds = selectHeld.all(runId) as string[];
      for (const findingId of findingIds) {
        noteReview.run({ findingId, person, note: note ?? null, at });
        keepDelivered.run(findingId);
        steps.moveFinding(findingId, ['held'], 'dismissed', reason);
      }
      settleRun(runId, 'dropped', 0, { ...reason, why: note ?? 'dropped' });
      return { corrections, findings: findingIds.length };
    },
  };
}
