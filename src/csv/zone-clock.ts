import { IANAZone } from 'luxon';
import type { Instant } from '../domain/instant.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Days remembered per zone before all are forgotten: eleven years of findings in order of time. */
const MAX_DAYS = 4096;

/** Tells zones' offsets from UTC. */
export interface ZoneClock {
  /** Minutes east of UTC at an instant; 0 for a zone that is missing or not an IANA name. */
  offsetMinutes(zone: string | undefined, at: Instant): number;
}

/**
 * Asks luxon for a zone's offset at the two ends of a UTC day and remembers it for the day when they agree;
 * only on the two days a year when clocks change is it asked instant by instant. So a million rows cost a few
 * thousand questions, and no instant of a change has to be known.
 * @param onUnknown called once for each zone that counts as UTC, at its first use; `undefined` is "none given".
 */
export function openZoneClock(onUnknown: (zone: string | undefined) => void = () => {}): ZoneClock {
  const zones = new Map<string | undefined, (at: Instant) => number>();
  return {
    offsetMinutes(zone, at) {
      let offsetAt = zones.get(zone);
      if (offsetAt === undefined) {
        const known = isIanaName(zone);
        if (!known) onUnknown(zone);
        offsetAt = known ? rememberDays(IANAZone.create(zone)) : () => 0;
        zones.set(zone, offsetAt);
      }
      return offsetAt(at);
    },
  };
}

/** `Intl` takes offsets such as `+05:30` for zones too, but they are no IANA names (surface.md, Files). */
function isIanaName(zone: string | undefined): zone is string {
  return zone !== undefined && /^[A-Za-z]/.test(zone) && IANAZone.isValidZone(zone);
}

function rememberDays(zone: IANAZone): (at: Instant) => number {
  const days = new Map<number, number | 'changes'>();
  let lastDay = Number.NaN;
  let lastOffset = 0;
  return (at) => {
    const day = Math.floor(at / DAY_MS);
    if (day === lastDay) return lastOffset;
    const offset = days.get(day) ?? learn(day);
    if (offset === 'changes') return offsetOf(zone, at);
    lastDay = day;
    lastOffset = offset;
    return offset;
  };

  function learn(day: number): number | 'changes' {
    if (days.size >= MAX_DAYS) days.clear();
    const offset = offsetOf(zone, day * DAY_MS);
    const answer = offsetOf(zone, (day + 1) * DAY_MS) === offset ? offset : 'changes';
    days.set(day, answer);
    return answer;
  }
}

/** Zones change at whole minutes, while luxon formats each millisecond anew. */
function offsetOf(zone: IANAZone, at: Instant): number {
  return Math.trunc(zone.offset(Math.floor(at / MINUTE_MS) * MINUTE_MS));
}
