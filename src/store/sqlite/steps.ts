import { CORRECTION_STEPS, type CorrectionState } from '../../domain/correction.ts';
import type { FindingStatus } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Connection } from './connection.ts';
import { makeHistory } from './history.ts';
import { ORPHANED, requireStep } from './step-table.ts';

/** A correction as its steps need it. */
export interface CorrectionRow {
  readonly correctionNo: number;
  readonly correctionId: string;
  readonly agentNo: number;
  readonly findingId: string;
  readonly status: CorrectionState;
}

/** For SELECT; the names are those of `CorrectionRow`. */
const CORRECTION_COLUMNS = `correction_no AS correctionNo, correction_id AS correctionId,
  agent_no AS agentNo, finding_id AS findingId, status`;

/** By whom, when and why something changes its status. */
export interface Reason {
  readonly actor: string;
  readonly now: Instant;
  readonly why: string;
}

/** Changes of status, each with its row of history and the agent's new version. */
export interface Steps {
  findCorrection(correctionId: string): CorrectionRow | undefined;
  /** Takes a correction a step further; an impossible step is a programmer's error. */
  moveCorrection(row: CorrectionRow, to: CorrectionState, reason: Reason): void;
  /** Takes all corrections of a run that are in one state a step further; answers with how many. */
  moveCorrectionsOf(runId: number, from: CorrectionState, to: CorrectionState, reason: Reason): number;
  /** Does nothing when the finding is in none of the states named. */
  moveFinding(findingId: string, from: readonly FindingStatus[], to: FindingStatus, reason: Reason): void;
  /** A circuit breaker holds it, if it is open or in review. */
  holdFinding(findingId: string, byRunId: number, reason: Reason): void;
  /** Notes that a person is asked whether to take a delivered correction back, or no longer. */
  askTakeBack(correctionId: string, asked: boolean): void;
  /** What a process was sending whose lease is no longer in force: nobody can say whether it took effect. */
  settleOrphans(actor: string, now: Instant): void;
  /** Likewise all that is being sent, whoever sends it. */
  settleAll(actor: string, now: Instant): void;
}

export function makeSteps({ database }: Connection): Steps {
  const history = makeHistory(database);
  const select = database.prepare(`SELECT ${CORRECTION_COLUMNS} FROM corrections WHERE correction_id = ?`);
  const selectSending = database.prepare(
    `SELECT ${CORRECTION_COLUMNS} FROM corrections WHERE status IN ('sending', 'taking_back') ORDER BY correction_no`,
  );
  const selectOrphans = database.prepare(
    `SELECT ${CORRECTION_COLUMNS} FROM corrections WHERE status IN ('sending', 'taking_back')
       AND last_fence NOT IN (SELECT fence FROM leases WHERE owner IS NOT NULL) ORDER BY correction_no`,
  );
  const updateCorrection = database.prepare(
    `UPDATE corrections SET status = ?, not_before = NULL, take_back_asked = 0, updated_at = max(updated_at, ?)
     WHERE correction_no = ?`,
  );
  const ofRun = 'run_id = :runId AND status = :from';
  const noteMoves = database.prepare(
    `INSERT INTO history (entity, entity_id, at, actor, from_status, to_status, why)
     SELECT 'correction', correction_id, :now, :actor, :from, :to, :why FROM corrections WHERE ${ofRun}
     ORDER BY correction_no`,
  );
  const bumpOfRun = database.prepare(
    `UPDATE agents SET version = version + 1 WHERE agent_no IN (SELECT agent_no FROM corrections WHERE ${ofRun})`,
  );
  const updateOfRun = database.prepare(
    `UPDATE corrections SET status = :to, not_before = NULL, take_back_asked = 0, updated_at = max(updated_at, :now)
     WHERE ${ofRun}`,
  );
  const updateAsked = database.prepare(
    `UPDATE corrections SET take_back_asked = ? WHERE correction_id = ? AND status = 'delivered'`,
  );
  const noteReason = database.prepare('UPDATE corrections SET last_reason = ? WHERE correction_no = ?');
  const endAttempt = database.prepare(
    'UPDATE attempts SET ended_at = ?, answer = ? WHERE correction_no = ? AND ended_at IS NULL',
  );
  const selectFinding = database.prepare('SELECT status FROM findings WHERE finding_id = ?').pluck();
  const updateFinding = database.prepare(
    `UPDATE findings SET status = ?, held_by_run = ?, changed_at = max(changed_at, ?) WHERE finding_id = ?`,
  );
  const bumpOfFinding = database.prepare(
    `UPDATE agents SET version = version + 1
     WHERE agent_no = (SELECT agent_no FROM findings WHERE finding_id = ?)`,
  );
  const bump = database.prepare('UPDATE agents SET version = version + 1 WHERE agent_no = ?');

  function moveCorrection(row: CorrectionRow, to: CorrectionState, { actor, now, why }: Reason): void {
    const { correctionNo, correctionId, status: from, agentNo } = row;
    requireStep(`correction ${correctionId}`, CORRECTION_STEPS, from, to);
    updateCorrection.run(to, now, correctionNo);
    history({ entity: 'correction', entityId: correctionId, at: now, actor, from, to, why });
    bump.run(agentNo);
  }

  /** A run makes thousands: one by one they were measured to take three times as long. */
  function moveCorrectionsOf(
    runId: number,
    from: CorrectionState,
    to: CorrectionState,
    { actor, now, why }: Reason,
  ): number {
    requireStep(`correction of run ${runId}`, CORRECTION_STEPS, from, to);
    noteMoves.run({ runId, from, to, now, actor, why });
    bumpOfRun.run({ runId, from });
    return updateOfRun.run({ runId, from, to, now }).changes;
  }

  function settle(rows: readonly CorrectionRow[], actor: string, now: Instant): void {
    for (const row of rows) {
      endAttempt.run(now, ORPHANED, row.correctionNo);
      noteReason.run(ORPHANED, row.correctionNo);
      const to = row.status === 'sending' ? 'unknown' : 'take_back_unknown';
      moveCorrection(row, to, { actor, now, why: ORPHANED });
    }
  }

  function moveFinding(
    findingId: string,
    allowed: readonly FindingStatus[],
    to: FindingStatus,
    heldByRun: number | null,
    { actor, now, why }: Reason,
  ): void {
    const from = selectFinding.get(findingId) as FindingStatus;
    if (from === to || !allowed.includes(from)) return;
    updateFinding.run(to, heldByRun, now, findingId);
    bumpOfFinding.run(findingId);
    history({ entity: 'finding', entityId: findingId, at: now, actor, from, to, why });
  }

  return {
    findCorrection: (correctionId) => select.get(correctionId) as CorrectionRow | undefined,
    moveCorrection,
    moveCorrectionsOf,
    moveFinding: (findingId, allowed, to, reason) => moveFinding(findingId, allowed, to, null, reason),
    holdFinding: (findingId, runId, reason) =>
      moveFinding(findingId, ['open', 'in_review'], 'held', runId, reason),
    askTakeBack: (correctionId, asked) => {
      updateAsked.run(asked ? 1 : 0, correctionId);
    },
    settleOrphans: (actor, now) => settle(selectOrphans.all() as CorrectionRow[], actor, now),
    settleAll: (actor, now) => settle(selectSending.all() as CorrectionRow[], actor, now),
  };
}
