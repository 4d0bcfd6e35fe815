import type { Instant, Interval } from './instant.ts';

/** The time judged at once: `[from, to)` (reconciliation.md, table at the top). */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** What is read to judge a window: the window and the margin on both sides. */
export function rangeOf(window: Window, marginMs: number): Interval {
  return { start: window.from - marginMs, end: window.to + marginMs };
}

/**
 * Cuts a stretch of time into windows of at most `maxWindowMs`, oldest first. A remainder shorter than
 * `minWindowMs` is shared with the window before it, because windows shorter than the pairing tolerance are
 * not covered by the rule that cutting does not matter (reconciliation.md 4).
 */
export function cutIntoWindows(
  from: Instant,
  to: Instant,
  maxWindowMs: number,
  minWindowMs: number,
): Window[] {
  const windows: Window[] = [];
  let start = from;
  while (start < to) {
    const rest = to - start;
    const cut = rest <= maxWindowMs ? to : start + maxWindowMs;
    const remainder = to - cut;
    const end = remainder > 0 && remainder < minWindowMs ? to - minWindowMs : cut;
    windows.push({ from: start, to: end > start ? end : cut });
    start = windows[windows.length - 1]!.to;
  }
  return windows;
}
