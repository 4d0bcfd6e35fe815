import type { runs } from '../../../db/schema.ts';
import type { AgentError, FindingCounts, RunProgress, RunRecord, RunStatus } from '../../usecases/ports.ts';

export type RunRow = typeof runs.$inferSelect;

/** What a run's progress is in its row. */
export function progressColumns({ windows, agents, findings }: RunProgress) {
  return {
    windows,
    agentsPlanned: agents.planned,
    agentsJudged: agents.judged,
    agentsFailed: agents.failed,
    findingsNew: findings.new,
    findingsChanged: findings.changed,
    findingsResolved: findings.resolved,
    findingsUnchanged: findings.unchanged,
    findingsByKind: JSON.stringify(findings.byKind),
  };
}

export function errorsOf(runId: number, errors: readonly AgentError[]) {
  return errors.map(({ agent, code, message }, position) => ({ runId, position, agent, code, message }));
}

export function toRunRecord(row: RunRow, errors: readonly AgentError[]): RunRecord {
  return {
    runId: row.runId,
    status: row.status as RunStatus,
    trigger: row.triggerName,
    startedAt: row.startedAt,
    endedAt: row.endedAt ?? undefined,
    from: row.rangeFrom ?? undefined,
    to: row.rangeTo ?? undefined,
    windows: row.windows,
    agents: { planned: row.agentsPlanned, judged: row.agentsJudged, failed: row.agentsFailed },
    findings: {
      new: row.findingsNew,
      changed: row.findingsChanged,
      resolved: row.findingsResolved,
      unchanged: row.findingsUnchanged,
      byKind: JSON.parse(row.findingsByKind) as FindingCounts['byKind'],
    },
    corrections: {
      made: row.correctionsMade,
      delivered: row.correctionsDelivered,
      waiting: row.correctionsWaiting,
      held: row.correctionsHeld,
      failed: row.correctionsFailed,
    },
    errors,
    reason: row.reason ?? undefined,
  };
}
