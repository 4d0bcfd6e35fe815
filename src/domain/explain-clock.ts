import type { Check } from './checkup.ts';
import type { VendorClock } from './vendor-clock.ts';

export interface ClockQuestion {
  /** `undefined` when no answer told. */
  readonly reading: VendorClock | undefined;
  /** Differences up to this are none (the threshold of the comparison). */
  readonly thresholdMs: number;
}

/** Further apart than this, transitions are refused and tokens may be. */
const FAR_MS = 5 * 60_000;

/** Our clock against the vendor's. A poll says with ours until when it saw a state that the engine dates with its own. */
export function explainClock({ reading, thresholdMs }: ClockQuestion): Check {
  const check = 'clock';
  if (reading === undefined) {
    return {
      check,
      level: 'warning',
      says: 'No answer of the vendor had a date',
      means: 'Whether the two clocks agree is not known.',
      todo: 'See that this machine keeps its time by NTP.',
    };
  }
  const { offsetMs, uncertaintyMs } = reading;
  const says = `${inWords(offsetMs)} (give or take ${seconds(uncertaintyMs)} s)`;
  if (Math.abs(offsetMs) - uncertaintyMs <= thresholdMs) {
    return { check, level: 'ok', says, means: 'The two clocks agree as far as an HTTP date can tell.' };
  }
  const isFar = Math.abs(offsetMs) - uncertaintyMs > FAR_MS;
  return {
    check,
    level: isFar ? 'problem' : 'warning',
    says,
    means: isFar
      ? 'Transitions are refused as lying in the future, or windows are judged before the report has settled.'
      : 'What a poll saw counts as known for that much too long or too short, and claims end there.',
    todo: 'Set the clock of this machine by NTP. If it is right, ask the vendor.',
  };
}

function inWords(offsetMs: number): string {
  if (offsetMs === 0) return "The vendor's clock is level with ours";
  return `The vendor's clock is ${seconds(Math.abs(offsetMs))} s ${offsetMs > 0 ? 'ahead of' : 'behind'} ours`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
