import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import { DAY_PROFILES, DAY_START, randomCuts, randomDay } from '../support/days.ts';
import { translate } from '../support/oracle/log-side.ts';
import { type Pair, pairStarts } from '../support/oracle/pairing.ts';
import { oracleClaims, oracleJudge, oracleJudgeDay } from '../support/oracle.ts';

const FROM = DAY_START;
const at = (seconds: number): number => FROM + Math.round(seconds * 1000);
const seconds = (instant: number | undefined): number | undefined =>
  instant === undefined ? undefined : (instant - FROM) / 1000;

/** `A@0 B@100`, as section 6 writes it; a first `@0` stands for the state long before. */
function changes(text: string): { state: string; at: number }[] {
  return text.split(' ').map((word) => {
    const [state, when] = word.split('@') as [string, string];
    return { state, at: when === '0' ? at(-10_000) : at(Number(when)) };
  });
}

function logOf(text: string): LogEntry[] {
  return changes(text).map((change, index) => ({
    ...change,
    receivedAt: change.at,
    sequence: index + 1,
    told: true,
    confirmedUntil: undefined,
    absentAt: undefined,
  }));
}

function interval(state: string, start: number, end: number): ReportInterval {
  return { state, start, end, durationSeconds: (end - start) / 1000 };
}

function reportOf(text: string): ReportInterval[] {
  const list = changes(text);
  return list.map((change, index) => interval(change.state, change.at, list[index + 1]?.at ?? at(10_000)));
}

function judge(log: LogEntry[], report: ReportInterval[]): Finding[] {
  const window = { from: FROM, to: at(900) };
  return oracleJudge({ window, log, report, shifts: [], policy: DEFAULT_POLICY, recorded: [] }).map(
    ({ finding }) => finding,
  );
}

/** What section 6 tells of a finding; claims only of what is corrected without review. */
function summary(findings: readonly Finding[]): unknown[] {
  return findings.map((finding) => ({
    kind: finding.kind,
    state: finding.kind === 'missing_in_log' ? finding.reportedState : finding.loggedState,
    drift: finding.driftMs,
    time: [seconds(finding.pieces[0]?.start), seconds(finding.pieces.at(-1)?.end)],
    claims: DEFAULT_POLICY.correctKinds.has(finding.kind)
      ? oracleClaims(finding.pieces).map(({ start, end, state }) => [seconds(start), seconds(end), state])
      : [],
  }));
}

describe('the worked examples of reconciliation.md 6', () => {
  const drift = (state: string, ms: number, time: [number, number], claimed: string): unknown => ({
    kind: 'boundary_drift',
    state,
    drift: ms,
    time,
    claims: [[...time, claimed]],
  });
  const run = (kind: string, state: string, time: [number, number]): unknown => ({
    kind,
    state,
    drift: undefined,
    time,
    claims: [],
  });

  it.each([
    ['A@0 B@100 A@200', 'A@0 B@102 A@200', []],
    ['A@0 B@100 A@200', 'A@0 B@102.001 A@200', [drift('b', 2_001, [100, 102.001], 'b')]],
    ['A@0 B@100 A@200', 'A@0 B@95 A@200', [drift('b', -5_000, [95, 100], 'a')]],
    ['A@0 B@10 C@20', 'A@0 B@25 C@28', [drift('b', 15_000, [10, 20], 'b'), drift('c', 8_000, [20, 28], 'c')]],
    ['A@0 B@100 A@130', 'A@0', [run('missing_in_report', 'b', [100, 130])]],
    ['A@0 B@100 A@101.5', 'A@0', []],
    ['A@0', 'A@0 B@100 A@130', [run('missing_in_log', 'b', [100, 130])]],
    ['A@0 B@100 A@200', 'A@0 C@101 A@200', [run('state_mismatch', 'b', [100, 200])]],
    ['A@0 B@898', 'A@0 B@903', [drift('b', 5_000, [898, 903], 'b')]],
  ])('%s against %s', (log, report, expected) => {
    expect(summary(judge(logOf(log), reportOf(report)))).toEqual(expected);
  });

  it('A@0 B@100 against A@0 until 90, nothing until 120, B@120', () => {
    const report = [interval('A', at(-10_000), at(90)), interval('B', at(120), at(10_000))];
    expect(judge(logOf('A@0 B@100'), report)).toEqual([
      {
        group: 'gap',
        kind: 'report_gap',
        instant: at(90),
        pieces: [
          { start: at(90), end: at(100), loggedState: 'a', reportedState: undefined },
          { start: at(100), end: at(120), loggedState: 'b', reportedState: undefined },
        ],
        loggedAt: undefined,
        reportedAt: undefined,
        loggedState: 'a',
        reportedState: undefined,
        driftMs: undefined,
        shift: undefined,
        cutAt: undefined,
      },
    ]);
  });
});

describe('oracle', () => {
  it('refuses a report with an interval that ends before it starts, even outside the range', () => {
    expect(() => judge(logOf('A@0'), [interval('A', at(90_000), at(80_000))])).toThrow('malformed report');
  });

  it('pairs as plain enumeration does', () => {
    for (let seed = 0; seed < 400; seed += 1) {
      let state = seed * 7919 + 13;
      const next = (limit: number): number => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return (state >>> 8) % limit;
      };
      const starts = (): number[] => {
        const all = Array.from({ length: next(6) }, () => next(26));
        return [...new Set(all)].sort((a, b) => a - b);
      };
      const logged = starts();
      const reported = starts();
      expect(pairStarts(logged, reported, 6)).toEqual(enumeratedBest(logged, reported, 6));
    }
  });

  it.each(DAY_PROFILES)('judges a day alike in one window and in many: %s', (profile) => {
    for (let seed = 1; seed <= 250; seed += 1) {
      const { window, ...day } = randomDay(seed, profile);
      const comparable = { ...day, report: seenAlike(day.report, day.policy) };
      const whole = oracleJudgeDay([window], comparable);
      const cuts = randomCuts(seed, window.from, window.to, 60_000);
      expect(oracleJudgeDay(cuts, comparable), `${profile} ${seed}`).toEqual(whole);
      expect(new Set(whole.map(({ kind, instant }) => `${kind} ${instant}`)).size).toBe(whole.length);
    }
  });
});

/**
 * What windows of all lengths see alike. Two things reach too far for a short one: an ignored interval that
 * begins before the range hides the state before it, and of an interval longer than the margin the range may
 * not hold both ends, so its duration is not judged.
 */
function seenAlike(report: readonly ReportInterval[], policy: Policy): ReportInterval[] {
  return report
    .filter(({ state }) => !policy.ignoredStates.has(translate(state, policy)))
    .map((row) => {
      const long = row.end !== undefined && row.end - row.start > policy.marginMs;
      return long ? { ...row, durationSeconds: (row.end - row.start) / 1000 } : row;
    });
}

function enumeratedBest(logged: number[], reported: number[], tolerance: number): Pair[] {
  const cost = (pairs: Pair[]): number =>
    pairs.reduce((sum, pair) => sum + Math.abs(pair.logged - pair.reported), 0) +
    ((logged.length + reported.length - 2 * pairs.length) * tolerance) / 2;
  const numbers = (pairs: Pair[]): number[] => pairs.flatMap((pair) => [pair.logged, pair.reported]);
  const firstDifference = (a: number[], b: number[]): number =>
    a.map((value, index) => value - b[index]!).find((difference) => difference !== 0) ?? 0;
  return allPairings(logged, reported, tolerance).sort(
    (a, b) => cost(a) - cost(b) || b.length - a.length || firstDifference(numbers(a), numbers(b)),
  )[0]!;
}

function allPairings(logged: number[], reported: number[], tolerance: number): Pair[][] {
  const [first, ...others] = logged;
  if (first === undefined) return [[]];
  const withFirst = reported.flatMap((image, index) =>
    Math.abs(image - first) > tolerance
      ? []
      : allPairings(others, reported.slice(index + 1), tolerance).map((rest) => [
          { logged: first, reported: image },
          ...rest,
        ]),
  );
  return [...allPairings(others, reported, tolerance), ...withFirst];
}
