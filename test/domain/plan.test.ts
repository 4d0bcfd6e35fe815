import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AgentProgress,
  type PlanLimits,
  planDue,
  planRange,
  progressAfter,
  requireJudgeable,
} from '../../src/domain/plan.ts';
import { t } from '../support/rows.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LIMITS: PlanLimits = {
  marginMs: 5 * MINUTE,
  backfillMs: DAY,
  lockMs: 14 * DAY,
  maxWindowMs: DAY,
  minWindowMs: MINUTE,
};
const NOW = t('12:20:00');
const DUE_TO = t('12:15:00');
const NEW: AgentProgress = { watermark: undefined, reopenedFrom: undefined, firstTransitionAt: undefined };

function agent(more: Partial<AgentProgress>): AgentProgress {
  return { ...NEW, firstTransitionAt: t('08:00:00'), ...more };
}

function due(more: Partial<AgentProgress>, limits: Partial<PlanLimits> = {}) {
  return planDue(agent(more), NOW, { ...LIMITS, ...limits });
}

describe('what is due', () => {
  it('is the time from the watermark up to the margin', () => {
    expect(due({ watermark: t('12:00:00') })).toEqual({
      windows: [{ from: t('12:00:00'), to: DUE_TO }],
      skipped: undefined,
      agent: agent({ watermark: t('12:00:00') }),
    });
  });

  it('is nothing for an agent of whom the log knows nothing', () => {
    expect(planDue(NEW, NOW, LIMITS)).toEqual({ windows: [], skipped: undefined, agent: NEW });
  });

  it('begins for a new agent with the first transition, no further back than the backfill', () => {
    expect(due({}).windows).toEqual([{ from: t('08:00:00'), to: DUE_TO }]);
    const old = due({ firstTransitionAt: NOW - 3 * DAY });
    expect(old.windows[0]?.from).toBe(NOW - DAY);
    expect(old.skipped).toBeUndefined();
  });

  it('is caught up after downtime, in windows of at most the longest', () => {
    const { windows } = due({ watermark: t('10:00:00') }, { maxWindowMs: HOUR });
    expect(windows).toEqual([
      { from: t('10:00:00'), to: t('11:00:00') },
      { from: t('11:00:00'), to: t('12:00:00') },
      { from: t('12:00:00'), to: DUE_TO },
    ]);
  });

  it('goes no further back than the backfill; what is given up is said, and the watermark is past it', () => {
    const plan = due({ watermark: NOW - 30 * HOUR });
    expect(plan.windows[0]?.from).toBe(NOW - DAY);
    expect(plan.skipped).toEqual({ start: NOW - 30 * HOUR, end: NOW - DAY });
    expect(plan.agent.watermark).toBe(NOW - DAY);
  });

  it('skips nothing when the watermark lies just at the backfill', () => {
    expect(due({ watermark: NOW - DAY }).skipped).toBeUndefined();
  });

  it('waits until there is a minute to judge', () => {
    expect(due({ watermark: DUE_TO - MINUTE + 1 }).windows).toEqual([]);
    expect(due({ watermark: DUE_TO - MINUTE }).windows).toEqual([{ from: DUE_TO - MINUTE, to: DUE_TO }]);
    expect(due({ watermark: DUE_TO + HOUR }).windows).toEqual([]);
  });

  it('begins where late evidence reopened it', () => {
    const plan = due({ watermark: t('12:00:00'), reopenedFrom: t('09:55:00') });
    expect(plan.windows).toEqual([{ from: t('09:55:00'), to: DUE_TO }]);
    expect(plan.agent).toEqual(agent({ watermark: t('12:00:00'), reopenedFrom: t('09:55:00') }));
  });

  it('reopens further back than the backfill, but not further than the lock', () => {
    const week = due({ watermark: t('12:00:00'), reopenedFrom: NOW - 7 * DAY });
    expect(week.windows[0]?.from).toBe(NOW - 7 * DAY);
    expect(week.skipped).toBeUndefined();
    const month = due({ watermark: t('12:00:00'), reopenedFrom: NOW - 30 * DAY });
    expect(month.windows[0]?.from).toBe(NOW - 14 * DAY);
    expect(month.agent.reopenedFrom).toBe(NOW - 14 * DAY);
  });

  it('gives up nothing that lies behind what was reopened', () => {
    const plan = due({ watermark: NOW - 3 * DAY, reopenedFrom: NOW - 4 * DAY });
    expect(plan.windows[0]?.from).toBe(NOW - 4 * DAY);
    expect(plan.skipped).toBeUndefined();
    expect(plan.agent.watermark).toBe(NOW - 3 * DAY);
  });

  it('knows the epoch for an instant like any other', () => {
    const plan = planDue({ ...NEW, watermark: 0, reopenedFrom: 0 }, HOUR, LIMITS);
    expect(plan.agent).toEqual({ ...NEW, watermark: 0, reopenedFrom: 0 });
  });
});

describe('a range that a person asked for', () => {
  const plan = (start: string, end: string) =>
    planRange(agent({ watermark: t('12:00:00') }), { start: t(start), end: t(end) }, NOW, LIMITS);

  it('is judged as it was asked for, whether it was judged before or not', () => {
    expect(plan('09:00:00', '10:00:00')).toEqual({
      windows: [{ from: t('09:00:00'), to: t('10:00:00') }],
      skipped: undefined,
      agent: agent({ watermark: t('12:00:00') }),
    });
  });

  it('ends where the report has not settled yet', () => {
    expect(plan('12:00:00', '13:00:00').windows).toEqual([{ from: t('12:00:00'), to: DUE_TO }]);
    expect(plan('12:16:00', '13:00:00').windows).toEqual([]);
  });

  it('is refused when none of it has settled, when it lies before the backfill, and when it is too long', () => {
    const require = (from: number | undefined, to?: number): void =>
      requireJudgeable({ from, to }, NOW, { ...LIMITS, retentionMs: 90 * DAY });
    expect(() => require(DUE_TO)).toThrow(/must begin before .*12:15:00\.000Z: a report settles for 300 s/);
    expect(() => require(undefined, NOW - DAY)).toThrow(/must end after .*12:20:00\.000Z/);
    expect(() => require(NOW - 90 * DAY - 1)).toThrow(/longer than the 90 days for which the log is kept/);
    expect(() => require(NOW - 400 * DAY, NOW - 300 * DAY)).toThrow(/longer than the 90 days/);
    for (const [from, to] of [
      [DUE_TO - 1],
      [undefined, NOW - DAY + 1],
      [NOW - 9 * DAY, NOW - 8 * DAY],
      [NOW - 400 * DAY, NOW - 310 * DAY],
      [NOW - 90 * DAY, NOW + 9 * DAY],
      [],
    ]) {
      expect(() => require(from, to)).not.toThrow();
    }
  });
});

describe('where an agent stands after a window', () => {
  const standing = (from: string, to: string, more: Partial<AgentProgress>) =>
    progressAfter({ from: t(from), to: t(to) }, agent(more), NOW, LIMITS);

  it('is at its end when it begins at the watermark or before and reaches beyond', () => {
    expect(standing('12:00:00', '12:15:00', { watermark: t('12:00:00') }).watermark).toBe(t('12:15:00'));
    expect(standing('11:00:00', '12:15:00', { watermark: t('12:00:00') }).watermark).toBe(t('12:15:00'));
  });

  it('is where it was when time between would be left out, or nothing was added', () => {
    expect(standing('12:01:00', '12:15:00', { watermark: t('12:00:00') }).watermark).toBe(t('12:00:00'));
    expect(standing('11:00:00', '12:00:00', { watermark: t('12:00:00') }).watermark).toBe(t('12:00:00'));
  });

  it('is at its end for a new agent whose time begins there', () => {
    expect(standing('08:00:00', '12:15:00', {}).watermark).toBe(t('12:15:00'));
    expect(standing('09:00:00', '12:15:00', {}).watermark).toBeUndefined();
    const nobody = { firstTransitionAt: undefined };
    expect(standing('08:00:00', '12:15:00', nobody).watermark).toBeUndefined();
  });

  it('shrinks what is reopened from its start, until the watermark is reached', () => {
    const reopened = { watermark: t('12:00:00'), reopenedFrom: t('09:55:00') };
    expect(standing('09:55:00', '11:00:00', reopened).reopenedFrom).toBe(t('11:00:00'));
    expect(standing('09:55:00', '12:00:00', reopened).reopenedFrom).toBeUndefined();
    expect(standing('09:55:00', '12:15:00', reopened)).toMatchObject({
      watermark: t('12:15:00'),
      reopenedFrom: undefined,
    });
  });

  it('leaves reopened what a window does not begin with', () => {
    const reopened = { watermark: t('12:00:00'), reopenedFrom: t('09:55:00') };
    expect(standing('10:00:00', '11:00:00', reopened).reopenedFrom).toBe(t('09:55:00'));
    expect(standing('09:00:00', '09:55:00', reopened).reopenedFrom).toBe(t('09:55:00'));
    expect(standing('12:00:00', '12:15:00', reopened)).toMatchObject({
      watermark: t('12:15:00'),
      reopenedFrom: t('09:55:00'),
    });
  });
});

describe('planning, run after run', () => {
  const step = fc.record({
    /** Until the next run: minutes mostly, sometimes days of downtime. */
    pauseMs: fc.oneof(fc.integer({ min: 1, max: 30 * MINUTE }), fc.integer({ min: HOUR, max: 3 * DAY })),
    /** How many windows are judged before the run fails. */
    judged: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 3 })),
    /** How long before the watermark late evidence reopens time. */
    lateMs: fc.option(fc.integer({ min: 1, max: 20 * DAY }), { nil: undefined }),
  });
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });

  /** Hands each run's windows to `onRun`, and each judged window to `onWindow`. */
  function play(
    runs: readonly { pauseMs: number; judged: number; lateMs: number | undefined }[],
    onRun: (plan: ReturnType<typeof planDue>, now: number, before: AgentProgress) => void,
    onWindow: (from: number, to: number, agent: AgentProgress, now: number) => void,
  ): AgentProgress {
    let now = NOW;
    let progress = agent({});
    for (const { pauseMs, judged, lateMs } of runs) {
      now += pauseMs;
      if (lateMs !== undefined && progress.watermark !== undefined) {
        const from = Math.min(progress.watermark - lateMs, progress.reopenedFrom ?? Number.POSITIVE_INFINITY);
        progress = { ...progress, reopenedFrom: from };
      }
      const plan = planDue(progress, now, { ...LIMITS, maxWindowMs: 6 * HOUR });
      onRun(plan, now, progress);
      let at = plan.agent;
      for (const window of plan.windows.slice(0, judged)) {
        at = progressAfter(window, at, now, LIMITS);
        progress = at;
        onWindow(window.from, window.to, at, now);
      }
    }
    return progress;
  }

  it('plans windows one after the other without a hole, none too long and none too short', () => {
    fc.assert(
      fc.property(steps, (runs) => {
        play(
          runs,
          ({ windows }, now) => {
            windows.forEach(({ from, to }, i) => {
              expect(to - from).toBeLessThanOrEqual(6 * HOUR);
              expect(to - from).toBeGreaterThanOrEqual(MINUTE);
              expect(windows[i + 1]?.from ?? now - LIMITS.marginMs).toBe(to);
            });
          },
          () => undefined,
        );
      }),
    );
  });

  it('judges all time from the first transition to the watermark but for what it says it skipped', () => {
    fc.assert(
      fc.property(steps, (runs) => {
        const known: { start: number; end: number }[] = [];
        let skipped: { start: number; end: number } | undefined;
        const end = play(
          runs,
          (plan) => {
            skipped = plan.skipped;
          },
          (start, to) => {
            // What is skipped is recorded with the first window that is committed.
            if (skipped !== undefined) known.push(skipped);
            skipped = undefined;
            known.push({ start, end: to });
          },
        );
        if (end.watermark === undefined) return;
        // What is reopened before that, and not judged yet, stays reopened.
        let reach = known[0]?.start ?? end.watermark;
        for (const { start, end: to } of known.toSorted((a, b) => a.start - b.start)) {
          expect(start).toBeLessThanOrEqual(reach);
          reach = Math.max(reach, to);
        }
        expect(reach).toBe(end.watermark);
      }),
    );
  });

  it('judges again all time that was reopened and is not locked', () => {
    fc.assert(
      fc.property(steps, (runs) => {
        let reopened: number | undefined;
        let judgedTo = 0;
        play(
          runs,
          ({ windows }, now, before) => {
            reopened = before.reopenedFrom && Math.max(before.reopenedFrom, now - LIMITS.lockMs);
            if (reopened !== undefined && windows.length > 0) {
              expect(windows[0]?.from).toBeLessThanOrEqual(reopened);
            }
            judgedTo = windows[0]?.from ?? 0;
          },
          (from, to, at) => {
            expect(from).toBe(judgedTo);
            judgedTo = to;
            if (at.reopenedFrom !== undefined) expect(at.reopenedFrom).toBe(to);
          },
        );
      }),
    );
  });
});
