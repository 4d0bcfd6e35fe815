import { describe, expect, it } from 'vitest';
import type { FindingKind } from '../../src/domain/finding.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { LogEntry } from '../../src/domain/transition.ts';

const WINDOW = { from: 0, to: 900_000 };
const RANGE_END = 1_200_000;

/** `A@0 B@100`: seconds after the window's start; what is at 0 holds since long before. */
function log(text: string): LogEntry[] {
  return text.split(' ').map((word, sequence) => {
    const [state, seconds] = word.split('@') as [string, string];
    const at = seconds === '0' ? -10_000_000 : Number(seconds) * 1000;
    return {
      at,
      state,
      receivedAt: at,
      sequence,
      told: true,
      confirmedUntil: undefined,
      absentAt: undefined,
    };
  });
}

/** The same for a report; `-` is uncovered time. It covers the whole range with its first and last states. */
function report(text: string): ReportInterval[] {
  const words = text.split(' ').map((word) => word.split('@') as [string, string]);
  return words.flatMap(([state, seconds], i) => {
    const start = seconds === '0' ? -300_000 : Number(seconds) * 1000;
    const next = words[i + 1];
    const end = next === undefined ? RANGE_END : Number(next[1]) * 1000;
    return state === '-' ? [] : [{ start, end, state, durationSeconds: (end - start) / 1000 }];
  });
}

type Verdict = [FindingKind, number | undefined, ...[number, number, string | undefined][]];

/** Kind, drift in seconds, and the pieces in seconds with the logged state. */
function judged(logText: string, reportText: string): Verdict[] {
  const judge = createJudge(DEFAULT_POLICY);
  const input = { window: WINDOW, log: log(logText), report: report(reportText), shifts: [], recorded: [] };
  return judge(input).map(({ finding }) => [
    finding.kind,
    finding.driftMs === undefined ? undefined : finding.driftMs / 1000,
    ...finding.pieces.map(({ start, end, loggedState }): [number, number, string | undefined] => [
      start / 1000,
      end / 1000,
      loggedState,
    ]),
  ]);
}

describe('the worked examples of the rule book', () => {
  it.each<[string, string, Verdict[]]>([
    ['A@0 B@100 A@200', 'A@0 B@102 A@200', []],
    ['A@0 B@100 A@200', 'A@0 B@102.001 A@200', [['boundary_drift', 2.001, [100, 102.001, 'b']]]],
    ['A@0 B@100 A@200', 'A@0 B@95 A@200', [['boundary_drift', -5, [95, 100, 'a']]]],
    [
      'A@0 B@10 C@20',
      'A@0 B@25 C@28',
      [
        ['boundary_drift', 15, [10, 20, 'b']],
        ['boundary_drift', 8, [20, 25, 'c'], [25, 28, 'c']],
      ],
    ],
    ['A@0 B@100 A@130', 'A@0', [['missing_in_report', undefined, [100, 130, 'b']]]],
    ['A@0 B@100 A@101.5', 'A@0', []],
    ['A@0', 'A@0 B@100 A@130', [['missing_in_log', undefined, [100, 130, 'a']]]],
    ['A@0 B@100 A@200', 'A@0 C@101 A@200', [['state_mismatch', undefined, [100, 101, 'b'], [101, 200, 'b']]]],
    ['A@0 B@898', 'A@0 B@903', [['boundary_drift', 5, [898, 903, 'b']]]],
    ['A@0 B@100', 'A@0 -@90 B@120', [['report_gap', undefined, [90, 100, 'a'], [100, 120, 'b']]]],
  ])('log %s, report %s', (logText, reportText, verdict) => {
    expect(judged(logText, reportText)).toEqual(verdict);
  });
});
