import { z } from 'zod';
import { CORRECTION_STATES } from '../domain/correction.ts';
import { formatInstant, formatOrNull, type Interval } from '../domain/instant.ts';
import { TRANSITION_SOURCES } from '../domain/transition.ts';
import type { AgentTimeline, TimelineLogEntry } from '../usecases/web-ports.ts';
import {
  agentDocument,
  findingDocument,
  isoInstant,
  toAgentDocument,
  toFindingDocument,
} from './documents.ts';

const stretch = { start: isoInstant, end: isoInstant };
const maybeInstant = isoInstant.nullable();

/** An agent's stretch of time from all sides. */
export const timelineDocument = z.object({
  agent: agentDocument,
  from: isoInstant,
  to: isoInstant,
  log: z
    .array(
      z.object({
        at: isoInstant.describe("The engine's own instant."),
        state: z.string(),
        source: z.enum(TRANSITION_SOURCES),
        told: z.boolean().describe('False when only a poll has seen it: its beginning may lie in a hole.'),
        receivedAt: isoInstant,
        confirmedUntil: maybeInstant.describe('The last poll that still saw it.'),
        absentAt: maybeInstant.describe('The first poll after that which found no state at all.'),
        sessionId: z.string().nullable(),
      }),
    )
    .describe('With the last entry before the range, which says in what state it begins.'),
  report: z.array(z.object({ ...stretch, state: z.string() })).describe('As it was last seen; may overlap.'),
  reportSeen: z.array(z.object({ ...stretch, seenAt: isoInstant })),
  shifts: z.array(
    z.object({
      ...stretch,
      id: z.string(),
      timeZone: z.string(),
      activities: z.array(z.object({ ...stretch, state: z.string() })),
    }),
  ),
  findings: z.array(
    findingDocument.extend({
      pieces: z.array(
        z.object({ ...stretch, loggedState: z.string().nullable(), reportedState: z.string().nullable() }),
      ),
    }),
  ),
  corrections: z.array(
    z.object({
      ...stretch,
      correctionId: z.string(),
      findingId: z.string(),
      state: z.string(),
      status: z.enum(CORRECTION_STATES),
      vendorId: z.string().nullable(),
      updatedAt: isoInstant,
    }),
  ),
});

export function toTimelineDocument(
  timeline: AgentTimeline,
  range: Interval,
): z.infer<typeof timelineDocument> {
  return {
    agent: toAgentDocument(timeline.agent),
    from: formatInstant(range.start),
    to: formatInstant(range.end),
    log: timeline.log.map(toEntry),
    report: timeline.report.map(({ state, ...part }) => ({ ...isoStretch(part), state })),
    reportSeen: timeline.reportSeen.map((part) => ({
      ...isoStretch(part),
      seenAt: formatInstant(part.seenAt),
    })),
    shifts: timeline.shifts.map((shift) => ({
      ...isoStretch(shift),
      id: shift.id,
      timeZone: shift.timeZone,
      activities: shift.activities.map((activity) => ({ ...isoStretch(activity), state: activity.state })),
    })),
    findings: timeline.findings.map((finding) => ({
      ...toFindingDocument(finding),
      pieces: finding.pieces.map((piece) => ({
        ...isoStretch(piece),
        loggedState: piece.loggedState ?? null,
        reportedState: piece.reportedState ?? null,
      })),
    })),
    corrections: timeline.corrections.map((correction) => ({
      ...isoStretch(correction),
      correctionId: correction.correctionId,
      findingId: correction.findingId,
      state: correction.state,
      status: correction.status,
      vendorId: correction.vendorId ?? null,
      updatedAt: formatInstant(correction.updatedAt),
    })),
  };
}

function toEntry(entry: TimelineLogEntry) {
  return {
    at: formatInstant(entry.at),
    state: entry.state,
    source: entry.source,
    told: entry.told,
    receivedAt: formatInstant(entry.receivedAt),
    confirmedUntil: formatOrNull(entry.confirmedUntil),
    absentAt: formatOrNull(entry.absentAt),
    sessionId: entry.sessionId ?? null,
  };
}

function isoStretch({ start, end }: Interval) {
  return { start: formatInstant(start), end: formatInstant(end) };
}
