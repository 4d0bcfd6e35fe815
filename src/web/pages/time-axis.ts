import { DateTime, IANAZone } from 'luxon';
import { formatInstant, type Instant, type Interval } from '../../domain/instant.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
];
const MOST_TICKS = 13;
/** A stretch during which a zone's clocks keep one offset. */
interface OffsetStretch extends Interval {
  readonly offsetMs: number;
}

/**
 * Round times of the agent's clock, which are not round in UTC everywhere, nor an even time apart where clocks change.
 */
export function ticksOf(range: Interval, zone: string): Instant[] {
  const length = range.end - range.start;
  const step = STEPS_MS.find((ms) => length / ms <= MOST_TICKS) ?? 24 * HOUR_MS;
  return offsetsIn(range, zone).flatMap(({ start, end, offsetMs }) => {
    const first = Math.ceil((start + offsetMs) / step) * step - offsetMs;
    const ticks = Math.max(0, Math.ceil((end - first) / step));
    return Array.from({ length: ticks }, (_, index) => first + index * step);
  });
}

/** What stands at a tick: seconds where they matter, at midnight the date. */
export function tickWords(zone: string, { start, end }: Interval): (tick: Instant) => string {
  const format = end - start <= 15 * MINUTE_MS ? 'HH:mm:ss' : 'HH:mm';
  return (tick) => {
    const time = DateTime.fromMillis(tick, { zone });
    return time.toMillis() === time.startOf('day').toMillis()
      ? time.toFormat('MM-dd')
      : time.toFormat(format);
  };
}

/** `-05:00`; where clocks change within the range `-04:00, from 11-01 06:00Z on -05:00`. */
export function offsetWords(range: Interval, zone: string): string {
  return offsetsIn(range, zone)
    .map(({ start }, index) => {
      const offset = DateTime.fromMillis(start, { zone }).toFormat('ZZ');
      return index === 0
        ? offset
        : `from ${formatInstant(start).slice(5, 16).replace('T', ' ')}Z on ${offset}`;
    })
    .join(', ');
}

function offsetsIn({ start, end }: Interval, zone: string): OffsetStretch[] {
  const clock = IANAZone.create(zone);
  const stretches: OffsetStretch[] = [];
  for (let at = start; at < end; ) {
    const offset = clock.offset(at);
    const change = changeIn({ start: at, end }, (instant) => clock.offset(instant) !== offset);
    stretches.push({ start: at, end: change, offsetMs: offset * MINUTE_MS });
    at = change;
  }
  return stretches;
}

/** The first instant of a range at which something has changed for good, to the millisecond; else the range's end. */
function changeIn({ start, end }: Interval, hasChanged: (at: Instant) => boolean): Instant {
  let before = start;
  let after = start;
  while (!hasChanged(after)) {
    if (after === end) return end;
    before = after;
    after = Math.min(end, after + HOUR_MS);
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (hasChanged(middle)) after = middle;
    else before = middle;
  }
  return after;
}
