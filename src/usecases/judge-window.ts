import { carryInto } from '../domain/carry.ts';
import type { Instant, Interval } from '../domain/instant.ts';
import type { Judge } from '../domain/judge.ts';
import { supportOf } from '../domain/log-support.ts';
import type { AgentProgress, PlanLimits } from '../domain/plan.ts';
import { progressAfter } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { ReportInterval } from '../domain/report.ts';
import { type Settlement, settle } from '../domain/settlement.ts';
import type { Shift } from '../domain/shift.ts';
import { rangeOf, type Window } from '../domain/window.ts';
import { evidenceOf } from './finding-evidence.ts';
import { findingIdOf, keyedCorrection } from './identity.ts';
import type { AgentStore, AgentWindow, Evidence, JudgedWindow, RunStore, Vendor } from './ports.ts';
import { type CountedAgent, FigureGatherer } from './window-figures.ts';

/** Shifts are read again when they are older than this. */
const SCHEDULE_AGE_MS = 6 * 3_600_000;
/** How far ahead of a window shifts are read, so that the next windows need no call of their own. */
const SCHEDULE_AHEAD_MS = 24 * 3_600_000;

export interface JudgingDeps {
  readonly store: Pick<RunStore, 'readEvidence'> & Pick<AgentStore, 'saveSchedule'>;
  readonly vendor: Vendor;
  readonly judge: Judge;
  readonly policy: Policy;
  readonly limits: PlanLimits;
}

/** What is judged: an agent's window, where the agent stands, and the run's one instant. */
export interface JudgingTask {
  readonly userId: string;
  readonly window: Window;
  readonly progress: AgentProgress;
  readonly skipped: Interval | undefined;
  readonly now: Instant;
  /** What earlier windows of the run have counted of this agent already. */
  readonly counted: CountedAgent;
}

export interface Judged {
  readonly commit: JudgedWindow;
  readonly settlement: Settlement;
  readonly progress: AgentProgress;
}

/** What a window is judged by: what the store knows, and what the vendor says. */
export interface Sides {
  readonly evidence: Evidence;
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
}

/** Adds the vendor's side of a window: one call, or two when the agent's shifts are due. */
export async function readSides(
  deps: JudgingDeps,
  task: JudgingTask,
  evidence: Evidence,
  signal: AbortSignal,
): Promise<Sides> {
  const range = rangeOf(task.window, deps.policy.marginMs);
  const report = await deps.vendor.report(task.userId, range, signal);
  const shifts = await shiftsFor(deps, task, evidence, range, signal);
  return { evidence, report, shifts };
}

/** The store's side of windows, in their order. */
export function readEvidence(
  { store, policy }: Pick<JudgingDeps, 'policy'> & { readonly store: Pick<RunStore, 'readEvidence'> },
  windows: readonly AgentWindow[],
): Promise<readonly Evidence[]> {
  // Edges just outside the range can be in the band of a transition inside it.
  return store.readEvidence(windows, policy.marginMs + policy.shiftBandMs);
}

async function shiftsFor(
  deps: JudgingDeps,
  { userId, now }: JudgingTask,
  { shifts }: Evidence,
  range: Interval,
  signal: AbortSignal,
): Promise<readonly Shift[]> {
  const band = deps.policy.shiftBandMs;
  const needed = { start: range.start - band, end: range.end + band };
  const isFresh = shifts !== undefined && now - shifts.fetchedAt <= SCHEDULE_AGE_MS;
  if (isFresh && shifts.known.start <= needed.start && shifts.known.end >= needed.end) return shifts.shifts;
  const known = { start: needed.start, end: needed.end + SCHEDULE_AHEAD_MS };
  const schedule = await deps.vendor.schedule(userId, known, signal);
  await deps.store.saveSchedule(userId, schedule, known, now);
  return schedule.shifts;
}

/** Judges a window and derives all that is to be written for it. No I/O. */
export function judgeWindow(deps: JudgingDeps, task: JudgingTask, sides: Sides): Judged {
  const { userId, window, now, skipped } = task;
  const { evidence, report, shifts } = sides;
  const carry = carryInto(window, evidence.findings, deps.policy);
  const figures = new FigureGatherer(task, report);
  const verdict = deps.judge(
    { window, log: evidence.log, report, shifts, recorded: carry.recorded },
    figures,
  );
  const idOf = (finding: Parameters<typeof findingIdOf>[1]): string => findingIdOf(userId, finding);
  const support = supportOf(evidence.ledger, evidence.log, window, deps.policy);
  const settlement = settle(verdict, carry, evidence.ledger, support, deps.policy, idOf);
  const progress = progressAfter(window, task.progress, now, deps.limits);
  const commit: JudgedWindow = {
    userId,
    window,
    version: evidence.version,
    watermark: progress.watermark,
    reopenedFrom: progress.reopenedFrom,
    skipped,
    findings: settlement.findings
      .filter((finding) => finding.change !== 'unchanged')
      .map((finding) => ({ ...finding, evidence: evidenceOf(finding.finding, window, sides, deps.policy) })),
    corrections: settlement.corrections.map(({ findingId, ...claim }) => ({
      ...keyedCorrection(userId, claim, evidence.ledger, deps.vendor),
      findingId,
    })),
    withdrawals: settlement.withdrawals,
    takeBacks: settlement.takeBacks,
    figures: figures.figures,
    report,
  };
  return { commit, settlement, progress };
}
