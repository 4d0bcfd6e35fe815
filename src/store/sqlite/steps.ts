import { CORRECTION_STEPS, type CorrectionState } from '../../domain/correction.ts';
import type { FindingStatus } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Connection } from './connection.ts';
import { makeHistory } from './history.ts';

/** A correction as its steps need it. */
export interface CorrectionRow {
  readonly correctionNo: number;
  readonly correctionId: string;
  readonly agentNo: number;
  readonly findingId: string;
  readonly status: CorrectionState;
}

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
  moveFinding(findingId: string, from: readonly FindingStatus[], to: FindingStatus, reason: Reason): void;
  /** What a process was sending whose lease is no longer in force: nobody can say whether it took effect. */
  settleOrphans(actor: string, now: Instant): void;
  /** Likewise all that is being sent, whoever sends it. */
  settleAll(actor: string, now: Instant): void;
}

const COLUMNS = `correction_no AS correctionNo, correction_id AS correctionId, agent_no AS agentNo,
  finding_id AS findingId, status`;

const ORPHANED = 'its process ended while it was being sent';

export function makeSteps({ database }: Connection): Steps {
  const history = makeHistory(database);
  const select = database.prepare(`SELECT ${COLUMNS} FROM corrections WHERE correction_id = ?`);
  const selectSending = database.prepare(
    `SELECT ${COLUMNS} FROM corrections WHERE status IN ('sending', 'taking_back') ORDER BY correction_no`,
  );
  const selectOrphans = database.prepare(
    `SELECT ${COLUMNS} FROM corrections WHERE status IN ('sending', 'taking_back')
       AND last_fence NOT IN (SELECT fence FROM leases WHERE owner IS NOT NULL) ORDER BY correction_no`,
  );
  const updateCorrection = database.prepare(
    'UPDATE corrections SET status = ?, not_before = NULL, updated_at = max(updated_at, ?) WHERE correction_no = ?',
  );
  const noteReason = database.prepare('UPDATE corrections SET last_reason = ? WHERE correction_no = ?');
  const endAttempt = database.prepare(
    'UPDATE attempts SET ended_at = ?, answer = ? WHERE correction_no = ? AND ended_at IS NULL',
  );
  const selectFinding = database.prepare('SELECT status FROM findings WHERE finding_id = ?').pluck();
  const updateFinding = database.prepare(
    'UPDATE findings SET status = ?, changed_at = max(changed_at, ?) WHERE finding_id = ?',
  );
  const bump = database.prepare('UPDATE agents SET version = version + 1 WHERE agent_no = ?');

  function moveCorrection(row: CorrectionRow, to: CorrectionState, { actor, now, why }: Reason): void {
    const { correctionNo, correctionId, status: from, agentNo } = row;
    if (!CORRECTION_STEPS[from].includes(to)) {
      throw new Error(`The correction ${correctionId} cannot go from ${from} to ${to}.`);
    }
    updateCorrection.run(to, now, correctionNo);
    history({ entity: 'correction', entityId: correctionId, at: now, actor, from, to, why });
    bump.run(agentNo);
  }

  function settle(rows: readonly CorrectionRow[], actor: string, now: Instant): void {
    for (const row of rows) {
      endAttempt.run(now, ORPHANED, row.correctionNo);
      noteReason.run(ORPHANED, row.correctionNo);
      const to = row.status === 'sending' ? 'unknown' : 'take_back_unknown';
      moveCorrection(row, to, { actor, now, why: ORPHANED });
    }
  }

  return {
    findCorrection: (correctionId) => select.get(correctionId) as CorrectionRow | undefined,
    moveCorrection,
    moveFinding(findingId, allowed, to, { actor, now, why }) {
      const from = selectFinding.get(findingId) as FindingStatus;
      if (from === to || !allowed.includes(from)) return;
      updateFinding.run(to, now, findingId);
      history({ entity: 'finding', entityId: findingId, at: now, actor, from, to, why });
    },
    settleOrphans: (actor, now) => settle(selectOrphans.all() as CorrectionRow[], actor, now),
    settleAll: (actor, now) => settle(selectSending.all() as CorrectionRow[], actor, now),
  };
}
