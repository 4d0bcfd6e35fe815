import { carryInto, type StoredFinding } from '../../src/domain/carry.ts';
import type { LedgerEntry } from '../../src/domain/correction.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { supportOf } from '../../src/domain/log-support.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import { type Settlement, settle } from '../../src/domain/settlement.ts';
import type { Shift } from '../../src/domain/shift.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import type { Window } from '../../src/domain/window.ts';

/** What one agent is judged by. */
export interface AgentDay {
  readonly log: readonly LogEntry[];
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
  readonly policy: Policy;
}

/** One agent's findings and ledger in memory: what the store does with settlements, and nothing else. */
export class AgentBook {
  readonly findings = new Map<string, StoredFinding>();
  readonly ledger: LedgerEntry[] = [];

  /** Judges a window (again) and takes over what comes of it. */
  judge(window: Window, { log, report, shifts, policy }: AgentDay): Settlement {
    const carry = carryInto(window, [...this.findings.values()], policy);
    const verdict = createJudge(policy)({ window, log, report, shifts, recorded: carry.recorded });
    const idOf = ({ kind, instant }: { kind: string; instant: number }): string => `${kind}@${instant}`;
    const settlement = settle(
      verdict,
      carry,
      this.ledger,
      supportOf(this.ledger, log, window, policy),
      policy,
      idOf,
    );
    for (const { findingId, finding, status } of settlement.findings) {
      this.findings.set(findingId, { ...finding, findingId, status, reviewedMs: undefined });
    }
    for (const { correctionId } of settlement.withdrawals) {
      const index = this.ledger.findIndex((entry) => entry.correctionId === correctionId);
      this.ledger[index] = { ...(this.ledger[index] as LedgerEntry), status: 'withdrawn' };
    }
    for (const correction of settlement.corrections) {
      this.ledger.push({
        ...correction,
        correctionId: `c${this.ledger.length}`,
        status: 'proposed',
        takeBackAsked: false,
      });
    }
    return settlement;
  }

  /** Everything that waits reaches the vendor. */
  deliver(): void {
    for (const [index, entry] of this.ledger.entries()) {
      if (entry.status === 'proposed') this.ledger[index] = { ...entry, status: 'delivered' };
    }
    for (const [id, finding] of this.findings) {
      if (finding.status === 'open') this.findings.set(id, { ...finding, status: 'corrected' });
    }
  }

  /** What is found and not resolved, in one order. */
  get verdict(): object[] {
    return [...this.findings.values()]
      .filter(({ status }) => status !== 'resolved')
      .map(({ kind, instant, pieces, loggedAt, reportedAt, driftMs }) => ({
        kind,
        instant,
        pieces,
        loggedAt,
        reportedAt,
        driftMs,
      }))
      .sort((a, b) => a.instant - b.instant || (a.kind < b.kind ? -1 : 1));
  }
}
