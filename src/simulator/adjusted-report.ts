import type { Adjustment } from './ledger.ts';
import type { ReportEntry } from './report.ts';

/** The report as a tenant's that does show corrections: what they claim is written over what was there. */
export function adjusted(entries: readonly ReportEntry[], adjustments: readonly Adjustment[]): ReportEntry[] {
  let written = [...entries];
  for (const { start, end, state } of adjustments) {
    const covered = written.flatMap((entry) => overlapOf(entry, start, end));
    const rest = written.flatMap((entry) => [
      ...overlapOf(entry, Number.NEGATIVE_INFINITY, start),
      ...overlapOf(entry, end, Number.POSITIVE_INFINITY),
    ]);
    written = [...rest, ...covered.map((entry) => ({ ...entry, state }))].sort((a, b) => a.start - b.start);
  }
  return written;
}

/** What of an entry lies in `[from, to)`; what its duration is wrong by stays wrong. */
function overlapOf(entry: ReportEntry, from: number, to: number): ReportEntry[] {
  const start = Math.max(entry.start, from);
  const end = Math.min(entry.end, to);
  if (start >= end) return [];
  const wrongByMs = entry.durationMs - (entry.end - entry.start);
  const open = entry.open && end === entry.end;
  return [{ start, end, open, state: entry.state, durationMs: end - start + wrongByMs }];
}
