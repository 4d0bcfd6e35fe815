import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { EARLIEST_LOGIN_MS, LATEST_LOGOUT_MS } from '../../src/simulator/workday.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONDAY = Date.parse('2025-03-03T00:00:00Z');

const anySeed = fc.integer();
const anyIndex = fc.integer({ min: 0, max: 199 });
const anyInstant = fc.integer({ min: MONDAY, max: MONDAY + 400 * DAY_MS });

describe('a contact centre', () => {
  test('has the same days for the same seed, whatever else was asked for before', () => {
    fc.assert(
      fc.property(anySeed, anyIndex, anyInstant, (seed, index, from) => {
        const fresh = new ContactCentre(seed, 200);
        const used = new ContactCentre(seed, 200, 4);
        for (const other of used.users(0, 20)) used.truth(other, from - DAY_MS, from + DAY_MS);
        const [user] = fresh.users(index, index + 1);
        expect(used.truth(user!, from, from + DAY_MS)).toEqual(fresh.truth(user!, from, from + DAY_MS));
        expect(used.shifts(user!, from, from + DAY_MS)).toEqual(fresh.shifts(user!, from, from + DAY_MS));
      }),
    );
  });

  test('has other days for another seed', () => {
    const [one, other] = [new ContactCentre(1, 10), new ContactCentre(2, 10)];
    const week = (centre: ContactCentre) =>
      centre.truth(centre.find('usr_000001')!, MONDAY, MONDAY + 7 * DAY_MS);
    expect(week(one)).not.toEqual(week(other));
  });

  test('lets an agent be in one state at a time, changed by requests made 1 to 4 s before', () => {
    fc.assert(
      fc.property(anySeed, anyIndex, anyInstant, (seed, index, from) => {
        const centre = new ContactCentre(seed, 200);
        const truth = centre.truth(centre.users(index, index + 1)[0]!, from, from + 8 * DAY_MS);
        for (const [place, transition] of truth.entries()) {
          const lagMs = transition.at - transition.requestedAt;
          expect(lagMs).toBeGreaterThanOrEqual(1_000);
          expect(lagMs).toBeLessThanOrEqual(4_000);
          const next = truth[place + 1];
          if (next === undefined) continue;
          expect(next.at - transition.at).toBeGreaterThanOrEqual(10_000);
          expect(next.state).not.toBe(transition.state);
          expect(next.requestedAt).toBeGreaterThan(transition.at);
        }
      }),
    );
  });

  test('gives the same truth in pieces as in one', () => {
    fc.assert(
      fc.property(
        anySeed,
        anyIndex,
        anyInstant,
        fc.integer({ min: 1, max: 3 * DAY_MS }),
        (seed, index, from, cutMs) => {
          const centre = new ContactCentre(seed, 200);
          const [user] = centre.users(index, index + 1);
          const [cut, to] = [from + cutMs, from + 4 * DAY_MS];
          const pieces = [...centre.truth(user!, from, cut), ...centre.truth(user!, cut, to)];
          expect(pieces).toEqual(centre.truth(user!, from, to));
        },
      ),
    );
  });

  test('keeps agents within reach of their shifts and offline between them', () => {
    const centre = new ContactCentre(7, 60);
    for (const user of centre.users(0, 60)) {
      for (const workday of centre.workdays(user, MONDAY, MONDAY + 14 * DAY_MS)) {
        const transitions = centre.transitionsOf(user, workday);
        expect(transitions[0]!.at).toBeGreaterThan(workday.shift.start - EARLIEST_LOGIN_MS);
        expect(transitions.at(-1)!.at).toBeLessThan(workday.shift.end + LATEST_LOGOUT_MS);
        expect(transitions.at(-1)!.state).toBe('offline');
        expect(transitions.slice(0, -1).map((one) => one.state)).not.toContain('offline');
      }
    }
  });

  test('says in which state an agent is at any time', () => {
    fc.assert(
      fc.property(anySeed, anyIndex, anyInstant, (seed, index, at) => {
        const centre = new ContactCentre(seed, 200);
        const [user] = centre.users(index, index + 1);
        const before = centre.truth(user!, at - 5 * DAY_MS, at + 1);
        expect(centre.current(user!, at)).toEqual(before.at(-1));
      }),
    );
  });

  test('plans shifts in the agents’ own working hours, some of them over midnight', () => {
    const centre = new ContactCentre(3, 300);
    const users = centre.users(0, 300);
    const shifts = users.flatMap((user) => centre.shifts(user, MONDAY, MONDAY + 28 * DAY_MS));
    const startHours = new Set(
      shifts.map((shift) => DateTime.fromMillis(shift.start, { zone: shift.timeZone }).hour),
    );
    expect([...startHours].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 19, 20, 21, 22]);
    expect(new Set(users.map((user) => user.timeZone)).size).toBe(7);
    for (const shift of shifts) {
      let end = shift.start;
      for (const activity of shift.activities) {
        expect(activity.start).toBeGreaterThanOrEqual(end);
        end = activity.end;
      }
      expect(end).toBeLessThanOrEqual(shift.end);
    }
  });

  test('makes shifts begin at the same local time before and after the clocks change', () => {
    const centre = new ContactCentre(11, 400);
    const berliner = centre.users(0, 400).find((user) => user.timeZone === 'Europe/Berlin')!;
    const shifts = centre.shifts(
      berliner,
      Date.parse('2025-03-01T00:00:00Z'),
      Date.parse('2025-04-30T00:00:00Z'),
    );
    const starts = shifts.map((shift) => DateTime.fromMillis(shift.start, { zone: 'Europe/Berlin' }));
    const minutes = starts.map((start) => start.hour * 60 + start.minute);
    expect(Math.max(...minutes) - Math.min(...minutes)).toBeLessThanOrEqual(60);
  });

  test('has a few users who are no agents, and finds users by each of their names', () => {
    const centre = new ContactCentre(1, 100);
    expect(centre.userCount).toBe(103);
    expect(centre.users(99, 200).map((user) => user.agentId)).toEqual([
      'agt_500099',
      undefined,
      undefined,
      undefined,
    ]);
    const user = centre.find('usr_000042')!;
    expect(centre.find(user.username)).toEqual(user);
    expect(centre.findAgent(user.agentId!)).toEqual(user);
    expect(centre.findAgent('usr_000101')).toBeUndefined();
    expect(centre.find('usr_000104')).toBeUndefined();
    expect(centre.find('usr_42')).toBeUndefined();
  });
});
