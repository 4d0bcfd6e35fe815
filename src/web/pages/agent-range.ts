import type { Instant, Interval } from '../../domain/instant.ts';
import type { DriftRow } from '../../usecases/ports.ts';
import type { AgentOverview } from '../../usecases/web-ports.ts';
import { instant } from '../inputs.ts';
import { Problem } from '../problem.ts';
import { checked, fields, instantText, onlyValue } from './form-values.ts';
import { dayOf, midnightOf } from './times.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Seconds must be seen in it, and more than a week is no picture any more. */
const SHORTEST_MS = 20_000;
const LONGEST_MS = 7 * 24 * HOUR_MS;

/** Around a finding there is room for what came before and after. */
const AROUND = 8;

export const rangeFields = fields('date', 'from', 'to', 'finding');

interface Asked {
  readonly date?: string | string[] | undefined;
  readonly from?: string | string[] | undefined;
  readonly to?: string | string[] | undefined;
}

/**
 * What part of an agent's time to show: what is asked for, else close around the finding, else a date of the agent's
 * calendar, else the day on which the agent was last heard of. @throws Problem
 */
export function rangeOf(
  asked: Asked,
  { timeZone, lastTransition }: AgentOverview,
  finding: DriftRow | undefined,
  now: Instant,
): Interval {
  const [from, to] = [instantText(asked.from), instantText(asked.to)];
  if (from !== undefined || to !== undefined) {
    if (from === undefined || to === undefined)
      throw wrong('A part of the time needs both ends, from and to.');
    const given = { start: checked(instant, from), end: checked(instant, to) };
    if (given.end <= given.start) throw wrong('The end must lie after the beginning.');
    if (given.end - given.start > LONGEST_MS) throw wrong('The range is longer than 7 days.');
    return within(given);
  }
  const date = onlyValue(asked.date);
  if (date !== undefined) {
    const midnight = midnightOf(date, timeZone);
    if (midnight === undefined) throw wrong('The date must be one, such as 2026-03-02.');
    return dayOf(midnight, timeZone);
  }
  return finding === undefined ? dayOf(lastTransition?.at ?? now, timeZone) : around(finding);
}

/** Close enough that three seconds can be seen. */
export function around({ differenceFrom, differenceTo }: DriftRow): Interval {
  const length = Math.max(MINUTE_MS, (differenceTo - differenceFrom) * AROUND);
  return within(zoomed({ start: differenceFrom, end: differenceTo }, length));
}

/** The same middle, another length; a share of the length further on. */
export function zoomed({ start, end }: Interval, length: number, shift = 0): Interval {
  const middle = (start + end) / 2 + shift * length;
  return within({ start: Math.round(middle - length / 2), end: Math.round(middle + length / 2) });
}

function within({ start, end }: Interval): Interval {
  const length = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, end - start));
  const middle = (start + end) / 2;
  return length === end - start
    ? { start, end }
    : { start: Math.round(middle - length / 2), end: Math.round(middle + length / 2) };
}

function wrong(words: string): Problem {
  return new Problem('invalid_argument', words);
}
