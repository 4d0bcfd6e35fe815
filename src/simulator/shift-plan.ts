import type { Activity, Shift } from '../domain/shift.ts';
import { HOUR_MS, localMidnight, MINUTE_MS } from './local-day.ts';
import { integerBetween, keyOf, mix, pick, type Random, randomOf } from './rng.ts';
import type { User } from './roster.ts';

interface Habits {
  readonly startMinutes: number;
  readonly lengthHours: number;
  readonly firstDayOff: number;
}

const NIGHT_SHARE = 0.12;
const OTHER_START_SHARE = 0.2;
const MEETING_SHARE = 0.3;

/**
 * What is planned for an agent on a day of the agent's own calendar; `undefined` on a day off. Five days in
 * seven are worked; some agents work over midnight. Planned instants lie on quarter hours.
 * @param day days since 1970-01-01, of the local calendar
 */
export function planShift(seed: number, user: User, day: number): Shift | undefined {
  const habits = habitsOf(seed, user.index);
  if ((day + habits.firstDayOff) % 7 < 2) return undefined;
  const random = randomOf(mix(mix(keyOf(seed, 'shift'), user.index), day));
  const otherStart = random() < OTHER_START_SHARE ? pick(random, [-30, 30]) : 0;
  const start = localMidnight(user.timeZone, day) + (habits.startMinutes + otherStart) * MINUTE_MS;
  const lengthMs = habits.lengthHours * HOUR_MS;
  return {
    id: `shf_${user.userId.slice(4)}_${day}`,
    start,
    end: start + lengthMs,
    timeZone: user.timeZone,
    activities: planActivities(random, start, lengthMs),
  };
}

function habitsOf(seed: number, index: number): Habits {
  const random = randomOf(mix(keyOf(seed, 'habits'), index));
  const atNight = random() < NIGHT_SHARE;
  return {
    startMinutes: (atNight ? integerBetween(random, 40, 43) : integerBetween(random, 12, 26)) * 30,
    lengthHours: pick(random, [4, 6, 8, 8, 8, 9]),
    firstDayOff: integerBetween(random, 0, 6),
  };
}

function planActivities(random: Random, start: number, lengthMs: number): readonly Activity[] {
  const half = start + lengthMs / 2;
  if (lengthMs <= 4 * HOUR_MS) return [activity('break', half, 15)];
  const meeting = random() < MEETING_SHARE ? [activity('meeting', start + quarters(random, 3, 4), 30)] : [];
  return [
    ...meeting,
    activity('break', start + quarters(random, 7, 9), 15),
    activity('lunch', half + quarters(random, 0, 2), pick(random, [30, 45, 60])),
    ...(lengthMs > 6 * HOUR_MS ? [activity('break', start + lengthMs - quarters(random, 5, 7), 15)] : []),
  ];
}

function activity(state: string, start: number, minutes: number): Activity {
  return { state, start, end: start + minutes * MINUTE_MS };
}

function quarters(random: Random, low: number, high: number): number {
  return integerBetween(random, low, high) * 15 * MINUTE_MS;
}
