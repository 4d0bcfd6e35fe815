import type { BreakerLimits } from '../../src/domain/breaker.ts';
import type { FindingKind } from '../../src/domain/finding.ts';
import type { PlanLimits } from '../../src/domain/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import { NO_REPORT_FAULTS, type ReportFaults } from '../../src/simulator/report-faults.ts';
import { chance, one, type Random, stream } from './draw.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The last hours that the nightly job judges again (surface.md, `ADHERENCE_RECHECK_HOURS`). */
export const RECHECK_MS = 26 * HOUR_MS;

/** A customer of the program: how large, how configured, and what its report is like. */
export interface Tenant {
  readonly agents: number;
  readonly cyclesPerDay: number;
  readonly policy: Policy;
  readonly limits: PlanLimits;
  readonly breakers: BreakerLimits;
  readonly report: ReportFaults;
  readonly showsAdjustments: boolean;
  /** Share of transitions of which no webhook ever tells, so that only polls see them. */
  readonly untoldShare: number;
  readonly absentAfterMs: number | undefined;
  readonly retentionMs: number;
  readonly auditRetentionMs: number;
}

export function drawTenant(seed: number): Tenant {
  const random = stream(seed, 'tenant');
  const isCrowded = chance(random, 0.06);
  const policy = drawPolicy(random);
  return {
    agents: isCrowded ? 12 : one(random, [2, 2, 3]),
    cyclesPerDay: isCrowded ? 6 : one(random, [8, 12, 16]),
    policy,
    limits: {
      marginMs: policy.marginMs,
      backfillMs: 48 * HOUR_MS,
      lockMs: 5 * DAY_MS,
      maxWindowMs: one(random, [DAY_MS, 6 * HOUR_MS, DAY_MS]),
      minWindowMs: MINUTE_MS,
    },
    breakers: {
      maxCorrectionsPerRun: one(random, [5_000, 12, 25]),
      factor: 4,
      clock: true,
      emptyShare: 0.1,
      thresholdMs: policy.thresholdMs,
    },
    report: drawReport(random),
    showsAdjustments: chance(random, 0.25),
    untoldShare: chance(random, 0.3) ? 0.03 : 0,
    absentAfterMs: chance(random, 0.3) ? 30 * MINUTE_MS : undefined,
    retentionMs: 9 * DAY_MS,
    auditRetentionMs: 15 * DAY_MS,
  };
}

function drawPolicy(random: Random): Policy {
  const correctKinds: FindingKind[] = ['boundary_drift'];
  if (chance(random, 0.2)) correctKinds.push('missing_in_report');
  if (chance(random, 0.2)) correctKinds.push('state_mismatch');
  return {
    ...DEFAULT_POLICY,
    thresholdMs: one(random, [2_000, 2_000, 1_000]),
    shiftBandPolicy: one(random, ['review', 'review', 'adjust']),
    correctKinds: new Set(correctKinds),
  };
}

/** Worse than the ordinary day, so that there is something to correct in each hour. */
export function drawReport(random: Random): ReportFaults {
  return {
    ...NO_REPORT_FAULTS,
    driftShare: one(random, [0.03, 0.06, 0.12]),
    earlyShare: one(random, [0, 0.02, 0.04]),
    driftMinMs: one(random, [500, 1_000, 2_500]),
    driftMaxMs: one(random, [4_000, 8_000, 20_000]),
    roundToSeconds: chance(random, 0.6),
    quarterHourCuts: chance(random, 0.6),
    lostShare: one(random, [0, 0.01, 0.04]),
    inventedShare: one(random, [0, 0.01]),
    gapShare: one(random, [0, 0.01]),
    overlapShare: one(random, [0, 0.01]),
    wrongDurationShare: one(random, [0, 0.01]),
    isReversed: chance(random, 0.2),
  };
}
