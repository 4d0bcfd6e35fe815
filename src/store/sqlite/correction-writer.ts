import type { CorrectionState } from '../../domain/correction.ts';
import type { CorrectionWrite } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import type { WriteHistory } from './history.ts';
import { ENDED_HOLD } from './holds.ts';
import type { RunStamp } from './run-stamp.ts';

/** Answers with the id of the correction that is proposed now; `undefined` when it stands in another state. */
export type CorrectionWriter = (
  agentNo: number,
  correction: CorrectionWrite,
  stamp: RunStamp,
) => string | undefined;

/**
 * A correction is written once: the same time and state has the same key. One that was withdrawn is proposed
 * again; in any other state it stands as it is.
 */
export function makeCorrectionWriter({ database }: Connection, history: WriteHistory): CorrectionWriter {
  const selectByKey = database.prepare(
    'SELECT correction_id AS correctionId, status FROM corrections WHERE idempotency_key = ?',
  );
  const insert = database.prepare(
    `INSERT INTO corrections (correction_id, agent_no, finding_id, run_id, start_at, end_at, state, status,
       idempotency_key, body, after_hold, created_at, updated_at)
     VALUES (:correctionId, :agentNo, :findingId, :runId, :start, :end, :state, 'proposed', :key, :body,
       ${ENDED_HOLD}, :now, :now)`,
  );
  const proposeAgain = database.prepare(
    `UPDATE corrections SET status = 'proposed', finding_id = :findingId, run_id = :runId,
       updated_at = max(updated_at, :now) WHERE correction_id = :correctionId`,
  );
  return (agentNo, write, { runId, actor, now }) => {
    const known = selectByKey.get(write.key) as { correctionId: string; status: CorrectionState } | undefined;
    if (known !== undefined && known.status !== 'withdrawn') return undefined;
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
      actor,
      from: known?.status ?? null,
      to: 'proposed',
      why: known === undefined ? 'the log supports it' : 'the log supports it again',
    });
    return correctionId;
  };
}
