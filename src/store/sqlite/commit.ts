import type { JudgedWindow, RunStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { makeCorrectionWriter } from './correction-writer.ts';
import { makeFigureCounting } from './figures.ts';
import { makeFindingWriter } from './finding-writer.ts';
import { makeHistory, runActor } from './history.ts';
import { makeReportWindows } from './report-windows.ts';
import type { RunStamp } from './run-stamp.ts';
import type { Steps } from './steps.ts';

interface Stamp extends RunStamp {
  /** The last reopening that the run can have known of. */
  readonly knownReopening: number;
}

/** What judging found, written for several agents in one transaction. */
export function windowCommitter(connection: Connection, steps: Steps): Pick<RunStore, 'commitWindows'> {
  const { database, numbers } = connection;
  const history = makeHistory(database);
  const writeFinding = makeFindingWriter(connection, history);
  const writeCorrection = makeCorrectionWriter(connection, history);
  const countFigures = makeFigureCounting(database);
  const reports = makeReportWindows(database, numbers);
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
    const { findings, corrections, withdrawals, takeBacks } = judged;
    const agentNo = numbers.ofAgent(userId);
    const { changes } = advance.run({
      agentNo,
      version,
      watermark,
      reopenedFrom,
      knownReopening: stamp.knownReopening,
      from: window.from,
      to: window.to,
      changes: findings.length + corrections.length + takeBacks.length > 0 ? 1 : 0,
    });
    if (changes === 0) return false;
    for (const finding of findings) writeFinding(agentNo, userId, finding, stamp);
    for (const { correctionId, why } of withdrawals) withdraw(correctionId, why, stamp);
    for (const { correctionId, asked } of takeBacks) steps.askTakeBack(correctionId, asked);
    for (const correction of corrections) writeCorrection(agentNo, correction, stamp);
    if (skipped !== undefined) insertSkip.run(stamp.runId, agentNo, skipped.start, skipped.end);
    if (judged.report !== undefined) reports.write(agentNo, window, judged.report, stamp.runId, stamp.now);
    return true;
  }

  function withdraw(correctionId: string, why: string, { actor, now }: Stamp): void {
    const row = steps.findCorrection(correctionId);
    if (row === undefined) throw new Error(`There is no correction ${correctionId} to withdraw.`);
    steps.moveCorrection(row, 'withdrawn', { actor, now, why });
  }

  return {
    commitWindows: async (lease, runId, windows, now) =>
      connection.write(() => {
        connection.requireLease(lease);
        const knownReopening = selectKnownReopening.get(runId) as number | undefined;
        if (knownReopening === undefined) throw new Error(`There is no run ${runId}.`);
        const stamp = { runId, actor: runActor(runId), now, knownReopening };
        const committed: JudgedWindow[] = [];
        const stale: string[] = [];
        for (const window of windows) {
          if (commit(window, stamp)) committed.push(window);
          else stale.push(window.userId);
        }
        countFigures(runId, committed);
        return { stale };
      }),
  };
}
