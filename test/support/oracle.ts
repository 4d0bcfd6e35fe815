import { FINDING_KINDS, type Finding, type Piece, type RecordedFinding } from '../../src/domain/finding.ts';
import type { Interval } from '../../src/domain/instant.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { Shift, ShiftEdge } from '../../src/domain/shift.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import type { Window } from '../../src/domain/window.ts';
import { intersection, without } from './oracle/spans.ts';
import { viewRange, type Whole } from './oracle/wholes.ts';

/*
 * A second reading of reconciliation.md, written for being obviously right and not for speed. The judge that
 * runs in production is compared with it; the two share no code but the vocabulary.
 */

export interface OracleDay {
  readonly log: readonly LogEntry[];
  readonly report: readonly ReportInterval[];
  readonly shifts: readonly Shift[];
  readonly policy: Policy;
}

export interface OracleInput extends OracleDay {
  readonly window: Window;
  readonly recorded: readonly RecordedFinding[];
}

export interface OracleVerdict {
  readonly finding: Finding;
  /** The recorded finding that this one continues. */
  readonly continues: string | undefined;
}

export interface OracleClaim extends Interval {
  readonly state: string;
}

/**
 * What one window says of one agent, in order of instant, then kind.
 * @throws Error when an interval of the report ends before it starts.
 */
export function oracleJudge(input: OracleInput): OracleVerdict[] {
  const { window, policy } = input;
  const range = { start: window.from - policy.marginMs, end: window.to + policy.marginMs };
  const { wholes, transitions } = viewRange(input.log, input.report, range, policy);

  const verdicts = wholes.flatMap((whole) => take(whole, input));
  const explained = new Set(wholes.map((whole) => whole.loggedAt));
  for (const { start, state } of transitions) {
    const shift = edgeInReach(start, input);
    if (!isInside(start, window) || shift === undefined || explained.has(start)) continue;
    verdicts.push({
      finding: {
        group: 'shift',
        kind: 'near_shift_boundary',
        instant: start,
        pieces: [],
        loggedAt: start,
        reportedAt: undefined,
        loggedState: state,
        reportedState: undefined,
        driftMs: undefined,
        shift,
        cutAt: undefined,
      },
      continues: undefined,
    });
  }
  return verdicts.sort((a, b) => compareFindings(a.finding, b.finding));
}

/** Judges windows in order, each knowing what those before it recorded, and folds what they say. */
export function oracleJudgeDay(windows: readonly Window[], day: OracleDay): Finding[] {
  const folded = new Map<string, Finding>();
  for (const window of windows) {
    const recorded = [...folded]
      .map(([findingId, finding]) => asRecorded(findingId, finding))
      .filter((finding) => finding.end >= window.from);
    for (const { finding, continues } of oracleJudge({ ...day, window, recorded })) {
      const first = continues === undefined ? undefined : folded.get(continues);
      if (first === undefined) folded.set(`finding ${folded.size + 1}`, finding);
      else folded.set(continues!, continued(first, finding));
    }
  }
  return [...folded.values()].sort(compareFindings);
}

/** A recorded finding after a later window has said more of it. */
export function continued(first: Finding, more: Finding): Finding {
  return { ...first, pieces: joined([...first.pieces, ...more.pieces]), cutAt: more.cutAt };
}

export function asRecorded(findingId: string, finding: Finding): RecordedFinding {
  const { group, kind, instant, cutAt, pieces } = finding;
  const end = pieces.length === 0 ? instant : Math.max(...pieces.map((piece) => piece.end));
  return { findingId, group, kind, instant, end, cutAt, pieces };
}

/** What the pieces of a finding that is to be corrected say (reconciliation.md 5, "What is claimed"). */
export function oracleClaims(pieces: readonly Piece[]): OracleClaim[] {
  return joined(pieces.map((piece) => ({ ...piece, reportedState: undefined })))
    .filter((piece) => piece.loggedState !== undefined)
    .map(({ start, end, loggedState }) => ({ start, end, state: loggedState! }));
}

/** reconciliation.md 4: the part of a whole that belongs to this window. */
function take(whole: Whole, input: OracleInput): OracleVerdict[] {
  const { window, policy, recorded } = input;
  const known = recorded.filter((finding) => finding.group === whole.group);
  let part: { start: number; end: number; cutAt: number | undefined } | undefined;
  let pieces: readonly Piece[];
  if (whole.group === 'duration') {
    part = isInside(whole.reportedAt!, window)
      ? { start: whole.pieces[0]!.start, end: whole.pieces[0]!.end, cutAt: undefined }
      : undefined;
    pieces = whole.pieces;
  } else {
    const cutBefore = known.some((finding) => finding.cutAt === window.from);
    part = partOf(whole, window, policy, cutBefore);
    pieces = part === undefined ? [] : clip(whole.pieces, part, known);
  }
  if (part === undefined || pieces.length === 0) return [];

  const first = pieces[0]!.start;
  const before = known.find((finding) =>
    whole.group === 'pair'
      ? finding.instant === whole.loggedAt
      : whole.group !== 'duration' && finding.end === first,
  );
  const finding: Finding = {
    group: whole.group,
    kind: whole.kind,
    instant: whole.group === 'pair' ? whole.loggedAt! : first,
    pieces,
    loggedAt: whole.loggedAt,
    reportedAt: whole.reportedAt,
    loggedState: whole.loggedState,
    reportedState: whole.reportedState,
    driftMs: whole.driftMs,
    shift:
      whole.group === 'pair' || whole.group === 'run'
        ? edgeInReach(whole.loggedAt ?? whole.reportedAt, input)
        : undefined,
    cutAt: part.cutAt,
  };
  return [{ finding, continues: before?.findingId }];
}

/** Rules 1 to 3 of reconciliation.md 4. */
function partOf(
  whole: Whole,
  { from, to }: Window,
  { marginMs, pairingToleranceMs }: Policy,
  cutBefore: boolean,
): { start: number; end: number; cutAt: number | undefined } | undefined {
  const a = whole.pieces[0]!.start;
  const b = whole.pieces.at(-1)!.end;
  if (a >= to) return undefined;
  const mine = a >= from || (cutBefore && b > from) || b >= from + marginMs - pairingToleranceMs;
  if (!mine) return undefined;
  const over = b < to + marginMs - pairingToleranceMs;
  return { start: Math.max(a, from), end: over ? b : to, cutAt: over ? undefined : to };
}

/** Rule 4: the pieces inside the part taken, less what is recorded already. */
function clip(pieces: readonly Piece[], part: Interval, known: readonly RecordedFinding[]): Piece[] {
  const counted = known.flatMap((finding) => finding.pieces);
  const left = pieces.flatMap((piece) => {
    const inside = intersection(piece, part);
    return inside === undefined ? [] : without(inside, counted).map((rest) => ({ ...piece, ...rest }));
  });
  return joined(left);
}

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of [...pieces].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    const same =
      last !== undefined &&
      last.end === piece.start &&
      last.loggedState === piece.loggedState &&
      last.reportedState === piece.reportedState;
    if (same) result[result.length - 1] = { ...last, end: piece.end };
    else result.push(piece);
  }
  return result;
}

function edgeInReach(at: number | undefined, { shifts, policy }: OracleDay): ShiftEdge | undefined {
  if (at === undefined) return undefined;
  const edges: ShiftEdge[] = shifts.flatMap(({ id, start, end }) => [
    { shiftId: id, edge: 'start', edgeAt: start, offsetMs: at - start },
    { shiftId: id, edge: 'end', edgeAt: end, offsetMs: at - end },
  ]);
  return edges
    .filter((edge) => Math.abs(edge.offsetMs) <= policy.shiftBandMs)
    .sort(
      (a, b) =>
        Math.abs(a.offsetMs) - Math.abs(b.offsetMs) ||
        a.edgeAt - b.edgeAt ||
        Number(a.edge === 'end') - Number(b.edge === 'end') ||
        (a.shiftId < b.shiftId ? -1 : Number(a.shiftId > b.shiftId)),
    )[0];
}

function isInside(at: number, { from, to }: Window): boolean {
  return from <= at && at < to;
}

function compareFindings(a: Finding, b: Finding): number {
  return a.instant - b.instant || FINDING_KINDS.indexOf(a.kind) - FINDING_KINDS.indexOf(b.kind);
}
