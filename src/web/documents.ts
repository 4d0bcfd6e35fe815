/** The documents of the API: what they look like, and how rows become them. Keys may be added, never taken away. */
import { z } from 'zod';
import { CORRECTION_STATES } from '../domain/correction.ts';
import { FINDING_KINDS, FINDING_STATUSES } from '../domain/finding.ts';
import { formatInstant, formatOrNull } from '../domain/instant.ts';
import { RUN_STATUSES } from '../domain/run-status.ts';
import type { DriftRow, RunRecord } from '../usecases/ports.ts';
import type { AgentOverview } from '../usecases/web-ports.ts';

export const isoInstant = z.string().meta({ format: 'date-time' });
const maybeInstant = isoInstant.nullable();
const text = z.string();
const maybeText = z.string().nullable();
const count = z.int().min(0);

function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: maybeText.describe('Cursor of the next page; null on the last.'),
  });
}

export const findingDocument = z.object({
  findingId: text,
  userId: text,
  agentName: maybeText,
  team: maybeText,
  timeZone: maybeText,
  kind: z.enum(FINDING_KINDS),
  status: z.enum(FINDING_STATUSES),
  loggedState: maybeText,
  reportedState: maybeText,
  loggedAt: maybeInstant,
  reportedAt: maybeInstant,
  driftMs: z.int().nullable().describe('Reported minus logged; positive: the report is late.'),
  differenceFrom: isoInstant,
  differenceTo: isoInstant,
  differenceMs: count,
  shiftId: maybeText,
  shiftEdge: z.enum(['start', 'end']).nullable(),
  shiftEdgeAt: maybeInstant,
  shiftOffsetMs: z.int().nullable(),
  correctionCount: count,
  correctionStatus: z.enum(CORRECTION_STATES).nullable(),
  reviewedBy: maybeText,
  reviewNote: maybeText,
  runId: count,
  detectedAt: isoInstant,
});
export const findingList = listOf(findingDocument);
export type FindingDocument = z.infer<typeof findingDocument>;

export function toFindingDocument(row: DriftRow): FindingDocument {
  return {
    findingId: row.findingId,
    userId: row.userId,
    agentName: row.agentName ?? null,
    team: row.team ?? null,
    timeZone: row.timeZone ?? null,
    kind: row.kind,
    status: row.status,
    loggedState: row.loggedState ?? null,
    reportedState: row.reportedState ?? null,
    loggedAt: formatOrNull(row.loggedAt),
    reportedAt: formatOrNull(row.reportedAt),
    driftMs: row.driftMs ?? null,
    differenceFrom: formatInstant(row.differenceFrom),
    differenceTo: formatInstant(row.differenceTo),
    differenceMs: row.differenceMs,
    shiftId: row.shiftId ?? null,
    shiftEdge: row.shiftEdge ?? null,
    shiftEdgeAt: formatOrNull(row.shiftEdgeAt),
    shiftOffsetMs: row.shiftOffsetMs ?? null,
    correctionCount: row.correctionCount,
    correctionStatus: row.correctionStatus ?? null,
    reviewedBy: row.reviewedBy ?? null,
    reviewNote: row.reviewNote ?? null,
    runId: row.runId,
    detectedAt: formatInstant(row.detectedAt),
  };
}

/** A finding's whole story, as `adherence finding show --json` has it too. */
export const findingStory = z.object({
  verdict: text.describe('What the comparison says, as a sentence.'),
  row: z.looseObject({ findingId: text, userId: text, kind: z.enum(FINDING_KINDS) }),
  finding: z.looseObject({}),
  evidence: z.looseObject({}).optional().describe('The rows of log, report and shifts that it rests on.'),
  corrections: z.array(z.looseObject({ correctionId: text, status: z.enum(CORRECTION_STATES) })),
  attempts: z.array(z.looseObject({ correctionId: text, startedAt: isoInstant })),
  history: z.array(z.looseObject({ at: isoInstant, actor: text, to: text, why: text })),
});

export const reviewedDocument = z.object({
  findingId: text,
  status: z.enum(FINDING_STATUSES),
  corrections: count.describe('Made by this decision; the next run sends them.'),
  takeBacks: count,
});

export const runStatus = z.enum(RUN_STATUSES);

export const runDocument = z.object({
  runId: z
    .union([z.int(), text])
    .describe('A number; of a dry run, which is in no ledger, `dry-` and a number.'),
  status: runStatus,
  dryRun: z.boolean(),
  trigger: text,
  startedAt: isoInstant,
  endedAt: maybeInstant,
  from: maybeInstant,
  to: maybeInstant,
  windows: count,
  agents: z.object({ planned: count, judged: count, failed: count }),
  findings: z.object({
    new: count,
    changed: count,
    resolved: count,
    unchanged: count,
    byKind: z.partialRecord(z.enum(FINDING_KINDS), count),
  }),
  corrections: z.object({ made: count, delivered: count, waiting: count, held: count, failed: count }),
  errorCount: count,
  errors: z
    .array(z.object({ agent: text, code: text, message: text }))
    .describe('The first of them: 1000 of one run, 10 of each in a list.'),
  reason: maybeText.describe('Why it is held, failed or set aside.'),
  durationMs: count.nullable(),
});
export const runList = listOf(runDocument);
export type RunDocument = z.infer<typeof runDocument>;

export function toRunDocument(run: RunRecord, mostErrors: number): RunDocument {
  const { startedAt, endedAt, errors } = run;
  return {
    runId: run.runId,
    status: run.status,
    dryRun: false,
    trigger: run.trigger,
    startedAt: formatInstant(startedAt),
    endedAt: formatOrNull(endedAt),
    from: formatOrNull(run.from),
    to: formatOrNull(run.to),
    windows: run.windows,
    agents: run.agents,
    findings: { ...run.findings, byKind: { ...run.findings.byKind } },
    corrections: run.corrections,
    errorCount: errors.length,
    errors: errors.slice(0, mostErrors),
    reason: run.reason ?? null,
    durationMs: endedAt === undefined ? null : endedAt - startedAt,
  };
}

export const releasedDocument = z.object({ runId: z.int(), corrections: count, findings: count });

export const agentDocument = z.object({
  userId: text,
  name: maybeText,
  team: maybeText,
  timeZone: maybeText,
  inRoster: z.boolean(),
  retiredAt: maybeInstant,
  notFoundSince: maybeInstant.describe('Since when the vendor answers 404 for its report.'),
  judgedUntil: maybeInstant.describe('Up to here its time has been judged.'),
  reopenedFrom: maybeInstant.describe('Late evidence asks to judge again from here.'),
  lastTransition: z.object({ at: isoInstant, state: text }).nullable(),
  openFindings: count,
});
export const agentList = listOf(agentDocument);

export function toAgentDocument(agent: AgentOverview): z.infer<typeof agentDocument> {
  const { lastTransition: last } = agent;
  return {
    userId: agent.userId,
    name: agent.name ?? null,
    team: agent.team ?? null,
    timeZone: agent.timeZone ?? null,
    inRoster: agent.inRoster,
    retiredAt: formatOrNull(agent.retiredAt),
    notFoundSince: formatOrNull(agent.notFoundSince),
    judgedUntil: formatOrNull(agent.watermark),
    reopenedFrom: formatOrNull(agent.reopenedFrom),
    lastTransition: last === undefined ? null : { at: formatInstant(last.at), state: last.state },
    openFindings: agent.openFindings,
  };
}
