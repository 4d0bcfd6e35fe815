/** What a reading of the vendor means for the after-call work that a contract asks for. */
import type { AcwSending } from './acw.ts';
import { TIMER_TOLERANCE_MS } from './acw-rules.ts';
import type { Instant } from './instant.ts';
import { ARRIVING_MS } from './sending.ts';

/** A call that was on its way for longer than this is given up, so no timer starts later than this after it left. */
const LONGEST_WAY_MS = 15_000;

/** Moving the end by less is not worth a row. */
const WORTH_TELLING_MS = 1_000;

/** Terms are sent once more when a reading shows that they did not arrive, and then never again. */
const MOST_SENDINGS = 2;

/** A session as it was read: in after-call work with so much left, or out of it since an instant. */
export type AcwReading =
  | { readonly left: false; readonly at: Instant; readonly remainingSeconds: number | undefined }
  | { readonly left: true; readonly leftAt: Instant };

export type ContractVerdict =
  | { readonly is: 'running'; readonly endsAt: Instant }
  | { readonly is: 'fulfilled'; readonly why: string }
  | { readonly is: 'bypassed'; readonly why: string; readonly earlyMs: number };

/**
 * Whether a contract that ends at `endsAt` goes on, was kept, or was left before its end. `endsAt` is the earliest
 * end there is; a timer that the vendor started later moves it, one that somebody set over it does not: what was
 * agreed stays, so that leaving by a shorter timer is leaving early.
 */
export function judgeContract(endsAt: Instant, reading: AcwReading): ContractVerdict {
  if (reading.left) return judgeLeaving(endsAt, reading.leftAt);
  const end = movedEnd(endsAt, timerEndOf(reading));
  if (reading.at >= end) return { is: 'fulfilled', why: 'stayed in after-call work to the end' };
  return { is: 'running', endsAt: end };
}

function judgeLeaving(endsAt: Instant, leftAt: Instant): ContractVerdict {
  const earlyMs = endsAt - leftAt;
  if (earlyMs <= TIMER_TOLERANCE_MS) return { is: 'fulfilled', why: 'left after-call work at its end' };
  const why = `left after-call work ${(earlyMs / 1000).toFixed(1)} s before its end`;
  return { is: 'bypassed', why, earlyMs };
}

function movedEnd(endsAt: Instant, timerEnd: Instant | undefined): Instant {
  if (timerEnd === undefined) return endsAt;
  const laterMs = timerEnd - endsAt;
  return laterMs > WORTH_TELLING_MS && laterMs <= LONGEST_WAY_MS ? timerEnd : endsAt;
}

/** When the timer that a reading shows will end. */
export function timerEndOf({
  at,
  remainingSeconds,
}: {
  readonly at: Instant;
  readonly remainingSeconds: number | undefined;
}): Instant | undefined {
  return remainingSeconds === undefined ? undefined : at + Math.round(remainingSeconds * 1000);
}

export type SendingVerdict =
  | { readonly is: 'taken'; readonly endsAt: Instant; readonly why: string }
  /** Too soon to tell. */
  | { readonly is: 'undecided' }
  /** The timer is the one from before: the terms did not arrive, and may be sent once more. */
  | { readonly is: 'not_taken' }
  /** They did not arrive the second time either. */
  | { readonly is: 'given_up' };

/** What became of terms whose sending nobody answered, by the timer that a later reading shows. */
export function settleSending(
  { times, at: sentAt, timerBefore }: AcwSending,
  durationSeconds: number,
  reading: AcwReading & { readonly left: false },
): SendingVerdict {
  const timerEnd = timerEndOf(reading);
  const earliest = sentAt + durationSeconds * 1000;
  const latest = reading.at + durationSeconds * 1000;
  const isOurs =
    timerEnd !== undefined &&
    timerEnd >= earliest - TIMER_TOLERANCE_MS &&
    timerEnd <= latest + TIMER_TOLERANCE_MS;
  if (isOurs) return { is: 'taken', endsAt: timerEnd, why: "the session's timer is the one sent" };
  if (reading.at - sentAt < ARRIVING_MS) return { is: 'undecided' };
  if (!isSameTimer(timerEnd, timerBefore)) {
    return {
      is: 'taken',
      endsAt: earliest,
      why: "the session's timer is neither the one sent nor the old one",
    };
  }
  return { is: times < MOST_SENDINGS ? 'not_taken' : 'given_up' };
}

function isSameTimer(a: Instant | undefined, b: Instant | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Math.abs(a - b) <= TIMER_TOLERANCE_MS;
}

/** The whole duration, in seconds, that makes a timer with so much left end so much later. */
export function extendedSeconds(remainingSeconds: number, bySeconds: number): number {
  return Math.ceil(remainingSeconds + bySeconds);
}

/** When the extended timer ends, if the reading shows that an extension nobody answered was taken. */
export function settleExtension(
  endsAt: Instant,
  bySeconds: number,
  reading: AcwReading & { readonly left: false },
): Instant | undefined {
  const timerEnd = timerEndOf(reading);
  const isNearer = timerEnd !== undefined && timerEnd - endsAt > (bySeconds * 1000) / 2;
  return isNearer ? timerEnd : undefined;
}
