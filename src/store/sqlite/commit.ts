import type { CorrectionState } from '../../domain/correction.ts';
import type { FindingStatus } from '../../domain/finding.ts';
import type { Instant } from '../../domain/instant.ts';
import type { CorrectionWrite, FindingWrite, JudgedWindow, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { toColumns } from './finding-rows.ts';
import { makeHistory, runActor, type WriteHistory } from './history.ts';
import type { Steps } from './steps.ts';

/** Who writes in a commit, and when. */
interface Stamp {
  readonly runId: number;
  readonly now: Instant;
  /** The last reopening that the run can have known of. */
  readonly knownReopening: number;
}

/** What judging found, written for several agents in one transaction. */
export function windowCommitter(connection: Connection, steps: Steps): Pick<RunStore, 'commitWindows'> {
  const { database, numbers } = connection;
  const history = makeHistory(database);
  const writeFinding = makeFindingWriter(connection, history);
  const writeCorrection = makeCorrectionWriter(connection, history);
  // The run plans with the reopened time that it found at its start. What was reopened since stays, but for the
  // part that this window has judged on evidence that held it.
  const advance = database.prepare(
    `UPDATE agents SET
       watermark = CASE WHEN :watermark > coalesce(watermark, :watermark - 1) THEN :watermark ELSE watermark END,
       reopened_from = CASE WHEN reopened_from IS NOT NULL THEN (
         SELECT CASE WHEN open_from < max(coalesce(:watermark, watermark), watermark) THEN open_from END
         FROM (SELECT CASE WHEN reopened_sequence <= :knownReopening THEN :reopenedFrom
                 WHEN reopened_from < :from THEN reopened_from
                 ELSE max(reopened_from, :to) END AS open_from)) END,
       not_found_since = CASE WHEN retired_at IS NULL THEN NULL ELSE not_found_since END,
       version = version + :changes
     WHERE agent_no = :agentNo AND version = :version`,
  );
  const selectKnownReopening = database.prepare('SELECT reopen_sequence FROM runs WHERE run_id = ?').pluck();
  const insertSkip = database.prepare(
    `INSERT INTO skips (run_id, agent_no, start_at, end_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET end_at = max(end_at, excluded.end_at)`,
  );

  /** @returns false when the agent's evidence has changed since. */
  function commit(judged: JudgedWindow, stamp: Stamp): boolean {
    const { userId, window, version, watermark = null, reopenedFrom = null, skipped } = judged;
    const { findings, corrections, withdrawals } = judged;
    const agentNo = numbers.ofAgent(userId);
    const { changes } = advance.run({
      agentNo,
      version,
      watermark,
      reopenedFrom,
      knownReopening: stamp.knownReopening,
      from: window.from,
      to: window.to,
      changes: findings.length + corrections.length > 0 ? 1 : 0,
    });
    if (changes === 0) return false;
    for (const finding of findings) writeFinding(agentNo, userId, finding, stamp);
    for (const { correctionId, why } of withdrawals) withdraw(correctionId, why, stamp);
    for (const correction of corrections) writeCorrection(agentNo, correction, stamp);
    if (skipped !== undefined) insertSkip.run(stamp.runId, agentNo, skipped.start, skipped.end);
    return true;
  }

  function withdraw(correctionId: string, why: string, { runId, now }: Stamp): void {
    const row = steps.findCorrection(correctionId);
    if (row === undefined) throw new Error(`There is no correction ${correctionId} to withdraw.`);
    steps.moveCorrection(row, 'withdrawn', { actor: runActor(runId), now, why });
  }

  return {
    commitWindows: async (lease, runId, windows, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        const knownReopening = selectKnownReopening.get(runId) as number | undefined;
        if (knownReopening === undefined) throw new Error(`There is no run ${runId}.`);
        const stamp = { runId, now, knownReopening };
        return { stale: windows.filter((window) => !commit(window, stamp)).map(({ userId }) => userId) };
      }),
  };
}

type FindingWriter = (agentNo: number, userId: string, write: FindingWrite, stamp: Stamp) => void;

function makeFindingWriter({ database }: Connection, history: WriteHistory): FindingWriter {
  const selectStatus = database.prepare('SELECT status FROM findings WHERE finding_id = ?').pluck();
  const upsert = database.prepare(
    `INSERT INTO findings (finding_id, agent_no, user_id, kind, group_name, instant, status, pieces, logged_at,
       reported_at, logged_state, reported_state, drift_ms, difference_from, difference_to, difference_ms,
       shift_id, shift_edge, shift_edge_at, shift_offset_ms, cut_at, run_id, detected_at, changed_at)
     VALUES (:findingId, :agentNo, :userId, :kind, :groupName, :instant, :status, :pieces, :loggedAt,
       :reportedAt, :loggedState, :reportedState, :driftMs, :differenceFrom, :differenceTo, :differenceMs,
       :shiftId, :shiftEdge, :shiftEdgeAt, :shiftOffsetMs, :cutAt, :runId, :now, :now)
     ON CONFLICT (finding_id) DO UPDATE SET
       status = excluded.status, pieces = excluded.pieces, logged_at = excluded.logged_at,
       reported_at = excluded.reported_at, logged_state = excluded.logged_state,
       reported_state = excluded.reported_state, drift_ms = excluded.drift_ms,
       difference_from = excluded.difference_from, difference_to = excluded.difference_to,
       difference_ms = excluded.difference_ms, shift_id = excluded.shift_id, shift_edge = excluded.shift_edge,
       shift_edge_at = excluded.shift_edge_at, shift_offset_ms = excluded.shift_offset_ms,
       cut_at = excluded.cut_at, run_id = excluded.run_id, changed_at = max(detected_at, excluded.changed_at)`,
  );
  return (agentNo, userId, { finding, findingId, status, why }, { runId, now }) => {
    const from = (selectStatus.get(findingId) as FindingStatus | undefined) ?? null;
    upsert.run({ findingId, agentNo, userId, status, runId, now, ...toColumns(finding) });
    if (from === status) return;
    const actor = runActor(runId);
    history({ entity: 'finding', entityId: findingId, at: now, actor, from, to: status, why });
  };
}

type CorrectionWriter = (agentNo: number, correction: CorrectionWrite, stamp: Stamp) => void;

/**
 * A correction is written once: the same time and state has the same key. One that was withdrawn is proposed
 * again; in any other state it stands as it is.
 */
function makeCorrectionWriter({ database }: Connection, history: WriteHistory): CorrectionWriter {
  const selectByKey = database.prepare(
    'SELECT correction_id AS correctionId, status FROM corrections WHERE idempotency_key = ?',
  );
  const insert = database.prepare(
    `INSERT INTO corrections (correction_id, agent_no, finding_id, run_id, start_at, end_at, state, status,
       idempotency_key, body, created_at, updated_at)
     VALUES (:correctionId, :agentNo, :findingId, :runId, :start, :end, :state, 'proposed', :key, :body, :now, :now)`,
  );
  const proposeAgain = database.prepare(
    `UPDATE corrections SET status = 'proposed', finding_id = :findingId, run_id = :runId, updated_at = :now
     WHERE correction_id = :correctionId`,
  );
  return (agentNo, write, { runId, now }) => {
    const known = selectByKey.get(write.key) as { correctionId: string; status: CorrectionState } | undefined;
    if (known !== undefined && known.status !== 'withdrawn') return;
    const { findingId, start, end, state, key, body } = write;
    const correctionId = known?.correctionId ?? write.correctionId;
    if (known === undefined) {
      insert.run({ correctionId, agentNo, findingId, runId, start, end, state, key, body, now });
    } else {
      proposeAgain.run({ correctionId, findingId, runId, now });
    }
    history({
      entity: 'correction',
      entityId: correctionId,
      at: now,
      actor: runActor(runId),
      from: known?.status ?? null,
      to: 'proposed',
      why: known === undefined ? 'the log supports it' : 'the log supports it again',
    });
  };
}
