import { describe, expect, it } from 'vitest';
import { type BreakerLimits, type RunFigures, trippedBreakers } from '../../src/domain/breaker.ts';

const HOUR = 3_600_000;
const LIMITS: BreakerLimits = {
  maxCorrectionsPerRun: 5_000,
  factor: 4,
  clock: true,
  emptyShare: 0.1,
  thresholdMs: 2_000,
};
const QUIET: RunFigures = {
  corrections: 0,
  judgedMs: 100 * HOUR,
  drifts: new Map(),
  pairedAgents: 0,
  workingAgents: 0,
  emptyAgents: 0,
  earlier: [],
};

function codes(figures: Partial<RunFigures>, limits: Partial<BreakerLimits> = {}): string[] {
  return trippedBreakers({ ...QUIET, ...figures }, { ...LIMITS, ...limits }).map(({ code }) => code);
}

function reasons(figures: Partial<RunFigures>): string[] {
  return trippedBreakers({ ...QUIET, ...figures }, LIMITS).map(({ reason }) => reason);
}

/** So many done runs that each made this many corrections in ten agent-hours. */
function runs(count: number, corrections: number): RunFigures['earlier'] {
  return Array.from({ length: count }, () => ({ corrections, judgedMs: 10 * HOUR }));
}

describe('the circuit breakers', () => {
  it('let a run go that did nothing at all', () => {
    expect(codes({ judgedMs: 0 })).toEqual([]);
  });

  it('each say so when several trip', () => {
    const figures = {
      corrections: 5_001,
      earlier: runs(8, 10),
      drifts: new Map([[3_000, 50]]),
      pairedAgents: 10,
      workingAgents: 10,
      emptyAgents: 10,
    };
    expect(codes(figures)).toEqual(['too_many_corrections', 'unusual_rate', 'clock_shift', 'empty_report']);
  });
});

describe('the breaker for too many corrections', () => {
  it('holds a run that makes one more than the limit, and says both figures', () => {
    expect(codes({ corrections: 5_000 })).toEqual([]);
    expect(codes({ corrections: 5_001 })).toEqual(['too_many_corrections']);
    expect(reasons({ corrections: 5_001 })).toEqual([
      'the run makes 5001 corrections; more than 5000 are held',
    ]);
  });
});

describe('the breaker for an unusual rate', () => {
  it('lets a run go that makes just the factor of what is usual, and holds one that makes more', () => {
    expect(codes({ corrections: 400, earlier: runs(8, 10) })).toEqual([]);
    expect(codes({ corrections: 401, earlier: runs(8, 10) })).toEqual(['unusual_rate']);
    expect(reasons({ corrections: 401, earlier: runs(8, 10) })).toEqual([
      '4.01 corrections an agent-hour against 1.00, the median of the last 8 done runs; more than 4 times that are held',
    ]);
  });

  it('knows nothing usual before the eighth done run', () => {
    expect(codes({ corrections: 4_000, earlier: runs(7, 10) })).toEqual([]);
    expect(codes({ corrections: 4_000, earlier: runs(8, 10) })).toEqual(['unusual_rate']);
  });

  it('leaves a handful of corrections alone, however unusual', () => {
    const earlier = runs(8, 0);
    expect(codes({ corrections: 99, earlier })).toEqual([]);
    expect(codes({ corrections: 100, earlier })).toEqual(['unusual_rate']);
  });

  it('goes by the median, of an even number of runs the mean of the two in the middle', () => {
    const earlier = [...runs(4, 10), ...runs(4, 30)];
    expect(codes({ corrections: 800, earlier })).toEqual([]);
    expect(codes({ corrections: 801, earlier })).toEqual(['unusual_rate']);
  });

  it('goes by the last 96 runs only', () => {
    const earlier = [...runs(96, 10), ...runs(200, 1_000)];
    expect(codes({ corrections: 401, earlier })).toEqual(['unusual_rate']);
  });

  it('does not count runs that judged nothing', () => {
    const idle = { corrections: 0, judgedMs: 0 };
    expect(codes({ corrections: 4_000, earlier: [...runs(7, 10), idle] })).toEqual([]);
    expect(codes({ corrections: 4_000, judgedMs: 0, earlier: runs(8, 10) })).toEqual([]);
  });

  it('is off at 0', () => {
    expect(codes({ corrections: 4_000, earlier: runs(8, 10) }, { factor: 0 })).toEqual([]);
  });
});

describe('the breaker for a shifted clock', () => {
  const agents = { pairedAgents: 10 };

  it('lets the daily bread go: reports that are late by a uniform 1 to 4 s', () => {
    const uniform = new Map(Array.from({ length: 3_001 }, (_, i) => [1_000 + i, 1]));
    expect(codes({ drifts: uniform, pairedAgents: 1_000 })).toEqual([]);
  });

  it('holds a run in which all pairs are off by the same 3 s, late or early', () => {
    expect(codes({ drifts: new Map([[3_000, 5_000]]), pairedAgents: 1_000 })).toEqual(['clock_shift']);
    expect(codes({ drifts: new Map([[-3_000, 5_000]]), pairedAgents: 1_000 })).toEqual(['clock_shift']);
  });

  it('holds a run at a median deviation of 250 ms and lets one of 251 go', () => {
    const apart = (ms: number) =>
      new Map([
        [3_000 - ms, 30],
        [3_000 + ms, 30],
      ]);
    expect(codes({ drifts: apart(250), ...agents })).toEqual(['clock_shift']);
    expect(codes({ drifts: apart(251), ...agents })).toEqual([]);
  });

  it('needs a median beyond the threshold', () => {
    expect(codes({ drifts: new Map([[2_000, 50]]), ...agents })).toEqual([]);
    expect(codes({ drifts: new Map([[2_001, 50]]), ...agents })).toEqual(['clock_shift']);
    expect(codes({ drifts: new Map([[-2_000, 50]]), ...agents })).toEqual([]);
    expect(codes({ drifts: new Map([[-2_001, 50]]), ...agents })).toEqual(['clock_shift']);
  });

  it('needs 50 pairs', () => {
    expect(codes({ drifts: new Map([[3_000, 49]]), ...agents })).toEqual([]);
    expect(codes({ drifts: new Map([[3_000, 50]]), ...agents })).toEqual(['clock_shift']);
  });

  it('needs 10 agents', () => {
    expect(codes({ drifts: new Map([[3_000, 500]]), pairedAgents: 9 })).toEqual([]);
    expect(codes({ drifts: new Map([[3_000, 500]]), pairedAgents: 10 })).toEqual(['clock_shift']);
  });

  it('is not misled by a few that are far off', () => {
    const drifts = new Map([
      [3_000, 45],
      [59_000, 3],
      [-40_000, 4],
    ]);
    expect(codes({ drifts, ...agents })).toEqual(['clock_shift']);
    expect(reasons({ drifts, ...agents })).toEqual([
      '52 pairs of 10 agents are off by a median of 3000 ms with a median deviation of only 0 ms: a clock is wrong, not the agents',
    ]);
  });

  it('can be off', () => {
    expect(codes({ drifts: new Map([[3_000, 500]]), ...agents }, { clock: false })).toEqual([]);
  });
});

describe('the breaker for empty reports', () => {
  it('lets a run go in which just the share is empty, and holds one with one more', () => {
    expect(codes({ workingAgents: 100, emptyAgents: 10 })).toEqual([]);
    expect(codes({ workingAgents: 100, emptyAgents: 11 })).toEqual(['empty_report']);
    expect(reasons({ workingAgents: 100, emptyAgents: 11 })).toEqual([
      'the report is empty for 11 of 100 agents whom the log knows at work; a share of more than 0.1 is held',
    ]);
  });

  it('takes just the share for just the share, whichever it is', () => {
    for (let percent = 1; percent <= 99; percent++) {
      expect(codes({ workingAgents: 100, emptyAgents: percent }, { emptyShare: percent / 100 })).toEqual([]);
      expect(codes({ workingAgents: 100, emptyAgents: percent + 1 }, { emptyShare: percent / 100 })).toEqual([
        'empty_report',
      ]);
    }
  });

  it('needs 10 agents at work', () => {
    expect(codes({ workingAgents: 9, emptyAgents: 9 })).toEqual([]);
    expect(codes({ workingAgents: 10, emptyAgents: 2 })).toEqual(['empty_report']);
  });

  it('is off at 0', () => {
    expect(codes({ workingAgents: 100, emptyAgents: 100 }, { emptyShare: 0 })).toEqual([]);
  });
});
