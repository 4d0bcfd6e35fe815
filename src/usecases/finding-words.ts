import type { FindingKind } from '../domain/finding.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import type { DriftRow, FindingStory } from './ports.ts';

/** What the comparison says of a finding, as a sentence that an analyst can read. */
export function verdictInWords(row: DriftRow): string {
  return `${SENTENCES[row.kind](row)}${near(row)}`;
}

const SENTENCES: Readonly<Record<FindingKind, (row: DriftRow) => string>> = {
  boundary_drift: (row) =>
    `The engine changed the agent to ${row.loggedState} at ${at(row.loggedAt)}; the report shows it at ${at(row.reportedAt)}, ${seconds(Math.abs(row.driftMs ?? 0))} ${(row.driftMs ?? 0) > 0 ? 'late' : 'early'}. ${span(row)}`,
  state_mismatch: (row) =>
    `Log and report disagree: the log says ${row.loggedState}, the report ${row.reportedState}. ${span(row)}`,
  missing_in_report: (row) =>
    `The report does not show the change to ${row.loggedState} at ${at(row.loggedAt)}; it still says ${row.reportedState}. ${span(row)}`,
  missing_in_log: (row) =>
    `The report shows a change to ${row.reportedState} at ${at(row.reportedAt)} that the log knows nothing of; it says ${row.loggedState}. ${span(row)}`,
  report_gap: (row) =>
    `The report says nothing while the log has the agent in ${row.loggedState}. ${span(row)}`,
  report_overlap: (row) => `Two or more intervals of the report cover the same time. ${span(row)}`,
  duration_mismatch: (row) =>
    `An interval of the report in ${row.reportedState} gives a duration that is not its length. ${span(row)}`,
  near_shift_boundary: (row) => `The engine changed the agent to ${row.loggedState} at ${at(row.loggedAt)}.`,
};

function near({ shiftId, shiftEdge, shiftEdgeAt, shiftOffsetMs }: DriftRow): string {
  if (shiftId === undefined || shiftOffsetMs === undefined) return '';
  const side = shiftOffsetMs < 0 ? 'before' : 'after';
  return ` That is ${seconds(Math.abs(shiftOffsetMs))} ${side} the ${shiftEdge} of shift ${shiftId} at ${at(shiftEdgeAt)}.`;
}

function span({ differenceFrom, differenceTo, differenceMs }: DriftRow): string {
  return `Misreported: ${seconds(differenceMs)} between ${at(differenceFrom)} and ${at(differenceTo)}.`;
}

function at(instant: Instant | undefined): string {
  return instant === undefined ? 'an unknown instant' : formatInstant(instant);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** Keys that hold instants, wherever they stand in a story. */
const INSTANTS: ReadonlySet<string> = new Set([
  'at',
  'start',
  'end',
  'from',
  'to',
  'receivedAt',
  'confirmedUntil',
  'absentAt',
  'startedAt',
  'endedAt',
  'loggedAt',
  'reportedAt',
  'differenceFrom',
  'differenceTo',
  'shiftEdgeAt',
  'edgeAt',
  'detectedAt',
  'cutAt',
  'instant',
]);

/** A story as a JSON document: the verdict in words beside everything it rests on, instants as text. */
export function storyDocument(story: FindingStory): unknown {
  const written = JSON.stringify({ verdict: verdictInWords(story.row), ...story }, (key, value) =>
    INSTANTS.has(key) && typeof value === 'number' ? formatInstant(value) : value,
  );
  return JSON.parse(written);
}
