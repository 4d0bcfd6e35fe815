import type { FindingStatus } from '../../domain/finding.ts';
import type { FindingWrite } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { toEvidenceJson } from './evidence-json.ts';
import { toColumns } from './finding-rows.ts';
import type { WriteHistory } from './history.ts';
import type { RunStamp } from './run-stamp.ts';

export type FindingWriter = (agentNo: number, userId: string, write: FindingWrite, stamp: RunStamp) => void;

/** Adds a finding, or writes over the one that it was before; a change of its status has its row of history. */
export function makeFindingWriter({ database }: Connection, history: WriteHistory): FindingWriter {
  const selectStatus = database.prepare('SELECT status FROM findings WHERE finding_id = ?').pluck();
  // Who decided comes along, though a conflict never writes it: SQLite checks the row before it sees the conflict.
  const upsert = database.prepare(
    `INSERT INTO findings (finding_id, agent_no, user_id, kind, group_name, instant, status, pieces, logged_at,
       reported_at, logged_state, reported_state, drift_ms, difference_from, difference_to, difference_ms,
       shift_id, shift_edge, shift_edge_at, shift_offset_ms, cut_at, run_id, detected_at, changed_at, evidence,
       held_by_run, reviewed_by, reviewed_at)
     VALUES (:findingId, :agentNo, :userId, :kind, :groupName, :instant, :status, :pieces, :loggedAt,
       :reportedAt, :loggedState, :reportedState, :driftMs, :differenceFrom, :differenceTo, :differenceMs,
       :shiftId, :shiftEdge, :shiftEdgeAt, :shiftOffsetMs, :cutAt, :runId, :now, :now, :evidence,
       CASE :status WHEN 'held' THEN
         coalesce((SELECT held_by_run FROM findings WHERE finding_id = :findingId), :runId) END,
       CASE WHEN :status IN ('approved', 'dismissed') THEN
         (SELECT reviewed_by FROM findings WHERE finding_id = :findingId) END,
       CASE WHEN :status IN ('approved', 'dismissed') THEN
         (SELECT reviewed_at FROM findings WHERE finding_id = :findingId) END)
     ON CONFLICT (finding_id) DO UPDATE SET
       status = excluded.status, pieces = excluded.pieces, logged_at = excluded.logged_at,
       reported_at = excluded.reported_at, logged_state = excluded.logged_state,
       reported_state = excluded.reported_state, drift_ms = excluded.drift_ms,
       difference_from = excluded.difference_from, difference_to = excluded.difference_to,
       difference_ms = excluded.difference_ms, shift_id = excluded.shift_id, shift_edge = excluded.shift_edge,
       shift_edge_at = excluded.shift_edge_at, shift_offset_ms = excluded.shift_offset_ms,
       cut_at = excluded.cut_at, run_id = excluded.run_id, changed_at = max(detected_at, excluded.changed_at),
       held_by_run = excluded.held_by_run, evidence = coalesce(excluded.evidence, evidence)`,
  );
  return (agentNo, userId, write, { runId, actor, now }) => {
    const { finding, findingId, status, why } = write;
    const from = (selectStatus.get(findingId) as FindingStatus | undefined) ?? null;
    const evidence = write.evidence === undefined ? null : toEvidenceJson(write.evidence);
    upsert.run({ findingId, agentNo, userId, status, runId, now, evidence, ...toColumns(finding) });
    if (from === status) return;
    history({ entity: 'finding', entityId: findingId, at: now, actor, from, to: status, why });
  };
}
