import type { Finding } from '../domain/finding.ts';
import type { Interval } from '../domain/instant.ts';
import type { Policy } from '../domain/policy.ts';
import type { Window } from '../domain/window.ts';
import type { Sides } from './judge-window.ts';
import type { FindingEvidence } from './ports.ts';

/** More rows of a side than this explain nothing better. */
const MAX_ROWS = 60;

/** The rows of both sides around a finding, as far as they could have made it what it is. */
export function evidenceOf(finding: Finding, window: Window, sides: Sides, policy: Policy): FindingEvidence {
  const around = extentOf(finding, policy.pairingToleranceMs);
  const { log } = sides.evidence;
  const before = log.findLastIndex(({ at }) => at < around.start);
  return {
    window,
    log: log
      .slice(Math.max(before, 0))
      .filter(({ at }) => at < around.end)
      .slice(0, MAX_ROWS),
    report: sides.report
      .filter(({ start, end }) => start < around.end && (end ?? around.end) > around.start)
      .slice(0, MAX_ROWS),
    shifts: sides.shifts.filter(({ start, end }) => start < around.end && end > around.start),
  };
}

function extentOf({ pieces, instant, loggedAt, reportedAt }: Finding, marginMs: number): Interval {
  const instants = [instant, loggedAt ?? instant, reportedAt ?? instant];
  const ends = pieces.flatMap(({ start, end }) => [start, end]);
  return { start: Math.min(...instants, ...ends) - marginMs, end: Math.max(...instants, ...ends) + marginMs };
}
