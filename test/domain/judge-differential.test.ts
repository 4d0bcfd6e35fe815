import { describe, expect, it } from 'vitest';
import { FINDING_KINDS, type Finding } from '../../src/domain/finding.ts';
import { createJudge } from '../../src/domain/judge.ts';
import type { Window } from '../../src/domain/window.ts';
import type { JudgedFinding } from '../../src/domain/window-share.ts';
import { DAY_PROFILES, type RandomDay, randomCuts, randomDay } from '../support/days.ts';
import { asRecorded, continued, oracleJudge } from '../support/oracle.ts';

const DAYS = Number(process.env.JUDGE_DAYS ?? 150);
const FIRST_SEED = Number(process.env.JUDGE_SEED ?? 1);

/** In one order and with the same keys, so that two verdicts are equal when they say the same. */
function normalized(verdict: readonly { finding: Finding; continues: string | undefined }[]): string[] {
  return verdict
    .toSorted(
      (a, b) =>
        a.finding.instant - b.finding.instant ||
        FINDING_KINDS.indexOf(a.finding.kind) - FINDING_KINDS.indexOf(b.finding.kind),
    )
    .map(({ finding, continues }) =>
      JSON.stringify([
        ...Object.entries(finding)
          .filter(([key]) => key !== 'pieces')
          .sort(([a], [b]) => (a < b ? -1 : 1)),
        ...finding.pieces.map((piece) => [piece.start, piece.end, piece.loggedState, piece.reportedState]),
        continues,
      ]),
    );
}

/** Judges a day window by window with both, feeding both what the model recorded so far. */
function compare(day: RandomDay, windows: readonly Window[]): void {
  const judge = createJudge(day.policy);
  const folded = new Map<string, Finding>();
  for (const window of windows) {
    const recorded = [...folded]
      .map(([findingId, finding]) => asRecorded(findingId, finding))
      .filter((finding) => finding.end >= window.from);
    const input = { window, log: day.log, report: day.report, shifts: day.shifts, recorded };
    const expected = oracleJudge({ ...input, policy: day.policy });
    const judged: JudgedFinding[] = judge(input);
    expect(normalized(judged)).toEqual(normalized(expected));
    for (const { finding, continues } of expected) {
      const first = continues === undefined ? undefined : folded.get(continues);
      if (first === undefined) folded.set(`finding ${folded.size + 1}`, finding);
      else folded.set(continues as string, continued(first, finding));
    }
  }
}

describe('the judge and an independent model of the rule book say the same', () => {
  for (const profile of DAY_PROFILES) {
    it(`of ${DAYS} ${profile} days in one window and in any cuts`, { timeout: 120_000 }, () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + DAYS; seed++) {
        const day = randomDay(seed, profile);
        compare(day, [day.window]);
        compare(day, randomCuts(seed, day.window.from, day.window.to, 60_000));
      }
    });
  }
});
