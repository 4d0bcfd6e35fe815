import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { type ReportEntry, Reporter, writeReport } from '../../src/simulator/report.ts';
import {
  NO_REPORT_FAULTS,
  ORDINARY_REPORT_FAULTS,
  type ReportFaults,
} from '../../src/simulator/report-faults.ts';
import { Vendor } from '../../src/simulator/vendor.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TUESDAY = Date.parse('2025-06-10T00:00:00Z');
const LATER = TUESDAY + 1_000 * DAY_MS;

const anyIndex = fc.integer({ min: 0, max: 199 });
const anyInstant = fc.integer({ min: TUESDAY, max: TUESDAY + 300 * DAY_MS });
const anyLengthMs = fc.integer({ min: 1, max: 2 * DAY_MS });
const share = fc.double({ min: 0, max: 0.2, noNaN: true });
const anyFaults: fc.Arbitrary<ReportFaults> = fc.record({
  driftShare: fc.double({ min: 0, max: 1, noNaN: true }),
  earlyShare: share,
  driftMinMs: fc.constant(1_000),
  driftMaxMs: fc.integer({ min: 1_000, max: 90_000 }),
  roundToSeconds: fc.boolean(),
  quarterHourCuts: fc.boolean(),
  lostShare: share,
  inventedShare: share,
  gapShare: share,
  overlapShare: share,
  wrongDurationShare: share,
  constantShiftMs: fc.integer({ min: -20_000, max: 20_000 }),
  isReversed: fc.boolean(),
  emptyFor: fc.constant(new Set<string>()),
});

function setUp(faults: ReportFaults, index: number) {
  const centre = new ContactCentre(5, 200);
  const [user] = centre.users(index, index + 1);
  return { centre, user: user!, reporter: new Reporter(centre, faults) };
}

/** The entries of all agents on one day. */
function dayOf(faults: Partial<ReportFaults>): ReportEntry[][] {
  const { centre, reporter } = setUp({ ...NO_REPORT_FAULTS, ...faults }, 0);
  return centre.users(0, 200).map((user) => reporter.entries(user, TUESDAY, TUESDAY + DAY_MS, LATER));
}

function clip(entries: readonly ReportEntry[], from: number, to: number): ReportEntry[] {
  return entries.flatMap((entry) => {
    const start = Math.max(from, entry.start);
    const end = Math.min(to, entry.end);
    const wrongByMs = entry.durationMs - (entry.end - entry.start);
    return start < end ? [{ ...entry, start, end, durationMs: end - start + wrongByMs }] : [];
  });
}

describe('the report', () => {
  test('is the truth when there are no faults', () => {
    fc.assert(
      fc.property(anyIndex, anyInstant, anyLengthMs, (index, from, lengthMs) => {
        const { centre, user, reporter } = setUp(NO_REPORT_FAULTS, index);
        const to = from + lengthMs;
        const starts = [
          { at: from, state: centre.current(user, from).state },
          ...centre.truth(user, from + 1, to),
        ];
        const expected = starts.map(({ at, state }, place) => {
          const end = starts[place + 1]?.at ?? to;
          return { start: at, end, state, durationMs: end - at, open: false };
        });
        expect(reporter.entries(user, from, to, LATER)).toEqual(expected);
      }),
    );
  });

  test('says the same of a time whichever range it is asked for in', () => {
    fc.assert(
      fc.property(
        anyFaults,
        anyIndex,
        anyInstant,
        anyLengthMs,
        anyLengthMs,
        (faults, index, from, left, right) => {
          const { user, reporter } = setUp(faults, index);
          const [middle, to] = [from + left, from + left + right];
          const whole = reporter.entries(user, from, to, LATER);
          expect(reporter.entries(user, from, middle, LATER)).toEqual(clip(whole, from, middle));
          expect(reporter.entries(user, middle, to, LATER)).toEqual(clip(whole, middle, to));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('has intervals that are longer than nothing and lie within the range', () => {
    fc.assert(
      fc.property(anyFaults, anyIndex, anyInstant, anyLengthMs, (faults, index, from, lengthMs) => {
        const { user, reporter } = setUp(faults, index);
        for (const { start, end } of reporter.entries(user, from, from + lengthMs, LATER)) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(from + lengthMs);
        }
      }),
    );
  });

  test('knows nothing after now and leaves the interval of now open', () => {
    const { user, centre, reporter } = setUp(NO_REPORT_FAULTS, 3);
    const now = centre.shifts(user, TUESDAY, TUESDAY + 7 * DAY_MS)[0]!.start + HOUR_MS + 123;
    const entries = reporter.entries(user, now - HOUR_MS, now + HOUR_MS, now);
    expect(entries.at(-1)).toMatchObject({ end: now, open: true, state: centre.current(user, now).state });
    expect(entries.slice(0, -1).every((entry) => !entry.open)).toBe(true);
    expect(reporter.entries(user, now - HOUR_MS, now, now).at(-1)).toMatchObject({ end: now, open: false });
    expect(reporter.entries(user, now, now + HOUR_MS, now)).toEqual([]);
  });

  test('is late or early by what the drift says and in the share of edges that it says', () => {
    const faults = { ...NO_REPORT_FAULTS, driftShare: 0.3, earlyShare: 0.1 };
    const { centre, reporter } = setUp(faults, 0);
    const shifts = centre.users(0, 200).flatMap((user) => {
      const starts = reporter.entries(user, TUESDAY, TUESDAY + DAY_MS, LATER).map((entry) => entry.start);
      const truth = centre.truth(user, TUESDAY + HOUR_MS, TUESDAY + 23 * HOUR_MS);
      return truth.map(
        ({ at }) => starts.map((start) => start - at).find((shiftMs) => Math.abs(shiftMs) <= 4_000)!,
      );
    });
    const late = shifts.filter((shiftMs) => shiftMs > 0);
    const early = shifts.filter((shiftMs) => shiftMs < 0);
    expect(late.length / shifts.length).toBeCloseTo(0.3, 1);
    expect(early.length / shifts.length).toBeCloseTo(0.1, 1);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...early)).toBeLessThanOrEqual(-1_000);
  });

  test('shifts everything by a constant', () => {
    const [straight, shifted] = [dayOf({}), dayOf({ constantShiftMs: 7_000 })];
    const inner = (entries: ReportEntry[]) => entries.slice(1).map((entry) => entry.start);
    const limit = TUESDAY + DAY_MS - 7_000;
    const expected = straight.map((entries) =>
      inner(entries).flatMap((at) => (at < limit ? [at + 7_000] : [])),
    );
    expect(shifted.map((entries) => inner(entries).filter((at) => at >= TUESDAY + 7_000))).toEqual(
      expected.map((starts) => starts.filter((at) => at >= TUESDAY + 7_000)),
    );
  });

  test('rounds to seconds and cuts at quarter hours', () => {
    const entries = dayOf({ roundToSeconds: true, quarterHourCuts: true }).flat();
    expect(entries.every(({ start, end }) => start % 1_000 === 0 && end % 1_000 === 0)).toBe(true);
    const cut = entries.filter(({ start, state }) => start % (HOUR_MS / 4) === 0 && state !== 'offline');
    expect(cut.length).toBeGreaterThan(1_000);
    const isWithinQuarter = ({ start, end }: ReportEntry) =>
      end <= (Math.floor(start / 900_000) + 1) * 900_000;
    expect(entries.filter(({ state }) => state !== 'offline').every(isWithinQuarter)).toBe(true);
  });

  test.each([
    ['lost', { lostShare: 0.05 }, (day: ReportEntry[], truth: ReportEntry[]) => day.length < truth.length],
    [
      'invented',
      { inventedShare: 0.05 },
      (day: ReportEntry[], truth: ReportEntry[]) => day.length > truth.length,
    ],
    [
      'gaps',
      { gapShare: 0.05 },
      (day: ReportEntry[]) => day.some((one, i) => i > 0 && one.start > day[i - 1]!.end),
    ],
    [
      'overlaps',
      { overlapShare: 0.05 },
      (day: ReportEntry[]) => day.some((one, i) => i > 0 && one.start < day[i - 1]!.end),
    ],
    [
      'wrong durations',
      { wrongDurationShare: 0.05 },
      (day: ReportEntry[]) => day.some((one) => one.durationMs > one.end - one.start + 1_000),
    ],
  ])('has %s where the share says so, and nowhere else', (_, faults, isFaulty) => {
    const truth = dayOf({});
    const faulty = dayOf(faults).filter((day, index) => isFaulty(day, truth[index]!));
    expect(faulty.length).toBeGreaterThan(60);
    expect(truth.some((day) => isFaulty(day, day))).toBe(false);
  });

  test('is empty for the agents that it is to be empty for', () => {
    const { user, centre, reporter } = setUp({ ...NO_REPORT_FAULTS, emptyFor: new Set(['usr_000001']) }, 0);
    expect(reporter.entries(user, TUESDAY, TUESDAY + DAY_MS, LATER)).toEqual([]);
    expect(reporter.entries(centre.find('usr_000002')!, TUESDAY, TUESDAY + DAY_MS, LATER)).not.toEqual([]);
  });

  test('changes when its faults are changed', () => {
    const { user, centre, reporter } = setUp({ ...NO_REPORT_FAULTS, constantShiftMs: 5_000 }, 0);
    reporter.entries(user, TUESDAY, TUESDAY + 7 * DAY_MS, LATER);
    reporter.faults = NO_REPORT_FAULTS;
    const entries = reporter.entries(user, TUESDAY, TUESDAY + 7 * DAY_MS, LATER);
    expect(entries.slice(1).map((entry) => entry.start)).toEqual(
      centre.truth(user, TUESDAY + 1, TUESDAY + 7 * DAY_MS).map((transition) => transition.at),
    );
  });

  test('is mostly right by default', () => {
    expect(ORDINARY_REPORT_FAULTS.driftShare + ORDINARY_REPORT_FAULTS.earlyShare).toBeLessThan(0.2);
  });
});

describe('a written report', () => {
  test('is JSON as the contract has it', () => {
    const start = Date.parse('2025-06-10T08:00:00Z');
    const entries = [
      { start, end: start + 61_500, state: 'talking', durationMs: 61_500, open: false },
      { start: start + 61_500, end: start + 70_000, state: 'acw', durationMs: 8_500, open: true },
    ];
    expect(JSON.parse(writeReport('usr_000001', entries))).toEqual({
      agentId: 'usr_000001',
      intervals: [
        {
          startTime: '2025-06-10T08:00:00Z',
          endTime: '2025-06-10T08:01:01.500Z',
          state: 'talking',
          duration: 61.5,
        },
        { startTime: '2025-06-10T08:01:01.500Z', endTime: null, state: 'acw', duration: 8.5 },
      ],
    });
    expect(JSON.parse(writeReport('usr_000001', []))).toEqual({ agentId: 'usr_000001', intervals: [] });
  });
});

describe('the report of an agent who was changed', () => {
  function kept(faults: ReportFaults, index: number, now: number) {
    const clock = { now };
    const options = { seed: 5, agents: 200, reportFaults: faults, clock: () => clock.now };
    const vendor = new Vendor(options);
    const [user] = vendor.centre.users(index, index + 1);
    vendor.floor.keep(user!, now);
    return { vendor, user: user!, seeded: new Reporter(vendor.centre, faults), clock };
  }

  test('is that of the seeds as long as the agent lives by them', () => {
    fc.assert(
      fc.property(anyIndex, anyInstant, anyLengthMs, anyFaults, (index, now, lengthMs, faults) => {
        const { vendor, user, seeded } = kept(faults, index, now);
        const over = vendor.centre
          .truth(user, now - 5 * DAY_MS, now)
          .findLast((one) => one.state === 'offline')!;
        const [from, to] = [over.at - lengthMs, over.at + 1];
        expect(vendor.reporter.entries(user, from, to, now)).toEqual(seeded.entries(user, from, to, now));
        vendor.reporter.faults = NO_REPORT_FAULTS;
        seeded.faults = NO_REPORT_FAULTS;
        const today = [now - DAY_MS, now + 1, now] as const;
        expect(vendor.reporter.entries(user, ...today)).toEqual(seeded.entries(user, ...today));
      }),
    );
  });

  test('shows what became of the change', () => {
    const { vendor, user, clock } = kept(NO_REPORT_FAULTS, 3, LATER);
    vendor.script.take(user.userId, 'available');
    clock.now += HOUR_MS;
    vendor.script.set(user.userId, 'lunch');
    clock.now += HOUR_MS;
    vendor.script.logOut(user.userId);
    clock.now += HOUR_MS;
    const entries = vendor.reporter.entries(user, LATER + 1, clock.now, clock.now);
    expect(entries.map(({ state, start }) => [state, start])).toEqual([
      ['available', LATER + 1],
      ['lunch', LATER + HOUR_MS],
      ['offline', LATER + 2 * HOUR_MS],
    ]);
  });
});
