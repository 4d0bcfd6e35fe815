import { ProgramError } from './errors.ts';
import { formatInstant, type Instant, type Interval } from './instant.ts';
import { cutIntoWindows, type Window } from './window.ts';

const DAY_MS = 86_400_000;

/** What decides which time of an agent is due. */
export interface AgentProgress {
  readonly watermark: Instant | undefined;
  readonly reopenedFrom: Instant | undefined;
  readonly firstTransitionAt: Instant | undefined;
}

export interface PlanLimits {
  readonly marginMs: number;
  readonly backfillMs: number;
  readonly lockMs: number;
  readonly maxWindowMs: number;
  /** Nothing shorter is judged: it waits until it has grown (reconciliation.md 4: at least a minute). */
  readonly minWindowMs: number;
}

export interface AgentPlan {
  /** Oldest first; empty when nothing is due. */
  readonly windows: readonly Window[];
  /** Time that lies too far back to be caught up; given up for good. */
  readonly skipped: Interval | undefined;
  /** The agent as the first window finds it: without the time given up. */
  readonly agent: AgentProgress;
}

/**
 * The time of an agent that is due at `now`: from its watermark (or where late evidence reopened it) to
 * `now − M`. New agents go back to their first transition, nobody further than the backfill; reopened time goes
 * back as far as the lock.
 */
export function planDue(agent: AgentProgress, now: Instant, limits: PlanLimits): AgentPlan {
  const to = now - limits.marginMs;
  const begun = agent.watermark ?? dueSince(agent, now, limits);
  if (begun === undefined) return { windows: [], skipped: undefined, agent };
  const due = Math.max(begun, now - limits.backfillMs);
  const reopenedFrom = agent.reopenedFrom && Math.max(agent.reopenedFrom, now - limits.lockMs);
  const from = Math.min(due, reopenedFrom ?? due);
  if (to - from < limits.minWindowMs) return { windows: [], skipped: undefined, agent };
  return {
    windows: cutIntoWindows(from, to, limits.maxWindowMs, limits.minWindowMs),
    skipped: begun < from ? { start: begun, end: from } : undefined,
    agent: { ...agent, watermark: agent.watermark && Math.max(begun, from), reopenedFrom },
  };
}

/**
 * A range of which nothing can be judged is a slip of whoever asked for it, not a day without findings. So is one that
 * is longer than the log is kept, such as a wrong year: it would keep the lock for hours.
 * @throws ProgramError `invalid_argument`
 */
export function requireJudgeable(
  { from, to }: { readonly from: Instant | undefined; readonly to: Instant | undefined },
  now: Instant,
  {
    marginMs,
    backfillMs,
    retentionMs,
  }: Pick<PlanLimits, 'marginMs' | 'backfillMs'> & { retentionMs: number },
): void {
  const settledUntil = now - marginMs;
  if (from !== undefined && from >= settledUntil) {
    const until = formatInstant(settledUntil);
    const why = `the range must begin before ${until}: a report settles for ${marginMs / 1000} s`;
    throw new ProgramError('invalid_argument', why);
  }
  if (from !== undefined && Math.min(to ?? now, now) - from > retentionMs) {
    const most = `${retentionMs / DAY_MS} days`;
    const why = `the range is longer than the ${most} for which the log is kept (ADHERENCE_RETENTION_DAYS)`;
    throw new ProgramError('invalid_argument', why, { hint: 'Judge it in parts, if the year is right.' });
  }
  const earliest = now - backfillMs;
  if (from === undefined && to !== undefined && to <= earliest) {
    const begins = formatInstant(earliest);
    const why = `a range without a beginning must end after ${begins}, where the backfill begins`;
    throw new ProgramError('invalid_argument', why, { hint: 'Say where it begins, too.' });
  }
}

/**
 * The windows of a range that a person asked for, as far as its report has settled at `now`.
 */
export function planRange(
  agent: AgentProgress,
  range: Interval,
  now: Instant,
  limits: PlanLimits,
): AgentPlan {
  const to = Math.min(range.end, now - limits.marginMs);
  return {
    windows: cutIntoWindows(range.start, to, limits.maxWindowMs, limits.minWindowMs),
    skipped: undefined,
    agent,
  };
}

/**
 * Where an agent stands after a window was judged. The watermark moves only when no time between is left out;
 * reopened time shrinks from its start, and is gone when the watermark is reached.
 */
export function progressAfter(
  window: Window,
  agent: AgentProgress,
  now: Instant,
  limits: PlanLimits,
): AgentProgress {
  const begun = agent.watermark ?? dueSince(agent, now, limits);
  const extendsJudged = begun !== undefined && window.from <= begun && window.to > begun;
  const watermark = extendsJudged ? window.to : agent.watermark;
  const reopened = agent.reopenedFrom;
  const reaches = reopened !== undefined && window.from <= reopened && window.to > reopened;
  const left = reaches ? window.to : reopened;
  const remains = left !== undefined && watermark !== undefined && left < watermark;
  return { ...agent, watermark, reopenedFrom: remains ? left : undefined };
}

/** Since when time of an agent that was never judged is due. */
function dueSince(agent: AgentProgress, now: Instant, limits: PlanLimits): Instant | undefined {
  if (agent.firstTransitionAt === undefined) return undefined;
  return Math.max(agent.firstTransitionAt, now - limits.backfillMs);
}
