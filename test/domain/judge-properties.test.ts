import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimsOf } from '../../src/domain/claims.ts';
import { isCorrectable } from '../../src/domain/finding-life.ts';
import type { Interval } from '../../src/domain/instant.ts';
import { createJudge } from '../../src/domain/judge.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { Window } from '../../src/domain/window.ts';
import { AgentBook, type AgentDay } from '../support/agent-book.ts';
import { type DayProfile, type RandomDay, randomCuts, randomDay } from '../support/days.ts';
import { readLog } from '../support/oracle/log-side.ts';
import { readReport } from '../support/oracle/report-side.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);
const seeds = fc.integer({ min: 1, max: 2 ** 30 });
/** Ignored intervals and wrong durations reach too far for short windows (README, decisions). */
const cuttable = fc.constantFrom<DayProfile>('ordinary', 'flapping', 'polled');
const any = fc.constantFrom<DayProfile>('ordinary', 'flapping', 'polled', 'messy');

function check(arbitrary: fc.Arbitrary<DayProfile>, property: (day: RandomDay, seed: number) => void): void {
  const runs = fc.property(seeds, arbitrary, (seed, profile) => property(randomDay(seed, profile), seed));
  fc.assert(runs, { numRuns: RUNS });
}

/** The same with a part of the day of at least a minute, often at one of its ends. Half of the days have a long gap. */
function checkPart(property: (day: RandomDay, seed: number, part: Window) => void): void {
  const percent = fc.nat(100);
  const runs = fc.property(seeds, cuttable, percent, percent, (seed, profile, begun, long) => {
    const day = randomDay(seed, profile);
    const { from: start, to: end } = day.window;
    const quarter = (end - start) / 4;
    const isShown = ({ start: at }: ReportInterval): boolean => at < start + quarter || at >= end - quarter;
    const report = seed % 2 === 0 ? day.report : day.report.filter(isShown);
    const from = start + Math.round((begun / 100) * (end - start - 60_000));
    const to = from + 60_000 + Math.round((long / 100) * (end - from - 60_000));
    property({ ...day, report }, seed, { from, to });
  });
  fc.assert(runs, { numRuns: RUNS });
}

function judgedIn(windows: readonly Window[], day: AgentDay): AgentBook {
  const book = new AgentBook();
  for (const window of windows) book.judge(window, day);
  return book;
}

/** What stands of a book, by identity, whatever has become of it meanwhile. */
function standing(book: AgentBook): Map<string, object> {
  const found = [...book.findings.values()].filter(({ status }) => status !== 'resolved');
  return new Map(found.map(({ findingId, status, reviewedMs, ...finding }) => [findingId, finding]));
}

function judgeAlone(day: RandomDay) {
  return createJudge(day.policy)({ ...day, recorded: [] });
}

function overlap(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed;
  return list
    .map((item) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return { item, key: state };
    })
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('the comparison, for any day', () => {
  it('says the same of a day in one window and in any others of at least a minute', {
    timeout: 60_000,
  }, () => {
    check(cuttable, (day, seed) => {
      const cuts = randomCuts(seed, day.window.from, day.window.to, 60_000);
      expect(judgedIn(cuts, day).verdict).toEqual(judgedIn([day.window], day).verdict);
    });
  });

  it('changes nothing and sends nothing when any range is judged again', { timeout: 60_000 }, () => {
    check(cuttable, (day, seed) => {
      const { from, to } = day.window;
      const book = judgedIn(randomCuts(seed, from, to, 60_000), day);
      const before = book.verdict;
      const sent = book.ledger.length;
      if (seed % 2 === 0) book.deliver();
      const again = randomCuts(seed + 1, from, to, 60_000).filter((_, i) => (seed >> i) % 2 === 0);
      for (const window of again) book.judge(window, day);
      expect(book.verdict).toEqual(before);
      expect(book.ledger).toHaveLength(sent);
    });
  });

  it('changes nothing and sends nothing when any part of it is judged again in any cuts', {
    timeout: 60_000,
  }, () => {
    checkPart((day, seed, part) => {
      const { from, to } = day.window;
      const book = judgedIn(seed % 3 === 0 ? [day.window] : randomCuts(seed, from, to, 60_000), day);
      if (seed % 5 < 2) book.deliver();
      const before = new Map(book.findings);
      for (const window of randomCuts(seed + 1, part.from, part.to, 60_000)) {
        const { findings, ...sent } = book.judge(window, day);
        expect(findings.filter(({ change }) => change !== 'unchanged')).toEqual([]);
        expect(sent).toEqual({ corrections: [], withdrawals: [], takeBacks: [] });
      }
      expect(book.findings).toEqual(before);
    });
  });

  it('says the same whichever part of it was judged first', { timeout: 60_000 }, () => {
    checkPart((day, seed, part) => {
      const { from, to } = day.window;
      const book = judgedIn(randomCuts(seed, part.from, to, 60_000), day);
      const touches = seed % 3 === 0 && part.from - from >= 60_000;
      const until = touches ? part.from : part.to;
      for (const window of randomCuts(seed + 1, from, until, 60_000)) book.judge(window, day);
      expect(standing(book)).toEqual(standing(judgedIn([day.window], day)));
    });
  });

  it('says of new evidence what it would say had it never seen other evidence', { timeout: 60_000 }, () => {
    check(cuttable, (day, seed) => {
      const { from, to } = day.window;
      const { log, report } = randomDay(seed + 1, 'ordinary');
      const other = { ...day, log: seed % 2 === 0 ? day.log : log, report };
      const book = judgedIn(seed % 3 === 0 ? [day.window] : randomCuts(seed, from, to, 60_000), other);
      for (const window of randomCuts(seed + 1, from, to, 60_000)) book.judge(window, day);
      expect(standing(book)).toEqual(standing(judgedIn([day.window], day)));
    });
  });

  it('does not depend on other agents, nor on the order of rows', { timeout: 60_000 }, () => {
    check(any, (day, seed) => {
      const judge = createJudge(day.policy);
      const other = randomDay(seed + 1, 'flapping');
      judge({ ...other, recorded: [] });
      const rows = {
        log: shuffled(day.log, seed),
        report: shuffled(day.report, seed),
        shifts: shuffled(day.shifts, seed),
      };
      const among = judge({ ...day, ...rows, recorded: [] });
      expect(among).toEqual(judgeAlone(day));
    });
  });

  it('makes no two claims that overlap', { timeout: 60_000 }, () => {
    check(any, (day) => {
      const claims = judgeAlone(day)
        .filter(({ finding }) => isCorrectable(finding.kind))
        .flatMap(({ finding }) => claimsOf(finding.pieces))
        .sort((a, b) => a.start - b.start);
      claims.forEach((claim, i) => {
        const next = claims[i + 1];
        expect(next === undefined || claim.end <= next.start).toBe(true);
      });
    });
  });

  it('claims what the log knows, where the log knows it and the report is not contested', {
    timeout: 60_000,
  }, () => {
    check(any, (day) => {
      const range = { start: day.window.from - 300_000, end: day.window.to + 300_000 };
      const log = readLog(day.log, day.policy);
      const report = readReport(day.report, range, day.policy);
      for (const { finding } of judgeAlone(day)) {
        if (!isCorrectable(finding.kind)) continue;
        for (const claim of claimsOf(finding.pieces)) {
          const known = log.filter((segment) => overlap(segment, claim));
          expect(known.map((segment) => segment.state)).toEqual([claim.state]);
          expect(known[0]?.start).toBeLessThanOrEqual(claim.start);
          expect(known[0]?.end).toBeGreaterThanOrEqual(claim.end);
          const shown = report.filter((segment) => overlap(segment, claim));
          expect(shown.every((segment) => segment.is === 'state' && segment.state !== claim.state)).toBe(
            true,
          );
        }
      }
    });
  });

  it('finds no corrected difference again in a report that shows the claims', { timeout: 60_000 }, () => {
    check(any, (day) => {
      const range = { start: day.window.from - 300_000, end: day.window.to + 300_000 };
      const claims = judgeAlone(day)
        .filter(({ finding }) => isCorrectable(finding.kind))
        .flatMap(({ finding }) => claimsOf(finding.pieces));
      const pieces = readReport(day.report, range, day.policy).filter((segment) => segment.is === 'state');
      const rest = claims.reduce<Interval[]>(
        (parts, claim) => parts.flatMap((part) => without(part, claim)),
        pieces,
      );
      const corrected = [...rest, ...claims] as (Interval & { state: string })[];
      const report: ReportInterval[] = corrected.map(({ start, end, state }) => ({
        start,
        end,
        state,
        durationSeconds: (end - start) / 1000,
      }));
      for (const { finding } of judgeAlone({ ...day, report })) {
        const found = isCorrectable(finding.kind) ? finding.pieces : [];
        expect(found.filter((piece) => claims.some((claim) => overlap(piece, claim)))).toEqual([]);
      }
    });
  });

  it('finds nothing but transitions near shifts when the report says what the log says', {
    timeout: 60_000,
  }, () => {
    check(fc.constantFrom<DayProfile>('ordinary', 'flapping'), (day) => {
      const report = readLog(day.log, day.policy).map(({ start, end, state }) => {
        const last = Math.min(end, day.window.to + 700_000);
        return { start, end: last, state, durationSeconds: (last - start) / 1000 };
      });
      const kinds = judgeAlone({ ...day, report }).map(({ finding }) => finding.kind);
      expect(kinds.filter((kind) => kind !== 'near_shift_boundary')).toEqual([]);
    });
  });
});

/** Keeps the state of what remains. */
function without<T extends Interval>(part: T, taken: Interval): T[] {
  if (!overlap(part, taken)) return [part];
  const rest: T[] = [];
  if (part.start < taken.start) rest.push({ ...part, end: taken.start });
  if (taken.end < part.end) rest.push({ ...part, start: taken.end });
  return rest;
}
