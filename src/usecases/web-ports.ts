/**
 * What the HTTP service needs from the store beside ports.ts: pages of what is there, the access log, the vendor's
 * session events, and figures for the metrics. The same promises hold as there.
 */
import type { Correction, CorrectionState } from '../domain/correction.ts';
import type { FindingKind, FindingStatus, Piece } from '../domain/finding.ts';
import type { Instant, Interval } from '../domain/instant.ts';
import type { Shift } from '../domain/shift.ts';
import type { LogEntry, TransitionSource } from '../domain/transition.ts';
import type { AuditRow } from './control-port.ts';
import type { AgentRecord, DriftRow, FindingFilter, HistoryRow, RecordedCounts, RunRecord } from './ports.ts';

/**
 * In what order findings are listed: by the time of the difference, by drift (early before late), by what is
 * misreported, by the agent's name; each both ways.
 */
export const FINDING_ORDERS = [
  'oldest',
  'newest',
  'drift_up',
  'drift_down',
  'misreported_up',
  'misreported_down',
  'agent_up',
  'agent_down',
] as const;
export type FindingOrder = (typeof FINDING_ORDERS)[number];

/** Where in an order a row stands. Rows that are added meanwhile move nothing. Only the store reads it. */
export type FindingKey = readonly (string | number)[];

export interface ListedFinding extends DriftRow {
  readonly key: FindingKey;
}

export interface FindingPage {
  readonly rows: readonly ListedFinding[];
  /** Where to go on; `undefined` at the end of all. */
  readonly next: FindingKey | undefined;
}

export interface AgentFilter {
  readonly teams?: readonly string[];
  /** Part of the user id or the name, whatever the case and with accents or without: `ozil` is in `Özil`. */
  readonly search?: string;
}

/** An agent as a list shows it. */
export interface AgentOverview extends AgentRecord {
  readonly lastTransition: { readonly at: Instant; readonly state: string } | undefined;
  /** Findings that are not settled: open, in review, approved, held or failed. */
  readonly openFindings: number;
}

export interface TimelineLogEntry extends LogEntry {
  readonly source: TransitionSource;
  readonly sessionId: string | undefined;
}

/** A stretch of the report as it was last seen; cut at the edges of the windows that saw it, then joined again. */
export interface ReportPiece extends Interval {
  readonly state: string;
}

export interface AgentTimeline {
  readonly agent: AgentOverview;
  /** With the last entry before the range, which says what state the range begins in. */
  readonly log: readonly TimelineLogEntry[];
  readonly report: readonly ReportPiece[];
  /** For which parts of the range a report was seen, and when last. */
  readonly reportSeen: readonly (Interval & { readonly seenAt: Instant })[];
  readonly shifts: readonly Shift[];
  readonly findings: readonly (DriftRow & { readonly pieces: readonly Piece[] })[];
  readonly corrections: readonly (Correction & { readonly findingId: string; readonly updatedAt: Instant })[];
}

/** One showing of an agent's data. */
export interface Access {
  readonly at: Instant;
  readonly who: string;
  readonly role: string;
  /** The route, `GET /api/findings`. */
  readonly what: string;
  readonly subject: string | undefined;
  /** The query as it was read. */
  readonly asked: unknown;
}

/** One row of the trail: data that was shown, a change of a status, or a decision about an agent's state. */
export type TrailRow =
  | ({ readonly type: 'access'; readonly sequence: number } & Access)
  | ({ readonly type: 'change'; readonly sequence: number } & HistoryRow)
  | ({ readonly type: 'decision' } & AuditRow);

/** Where a page of the trail ended, in each of the books it is read from. */
export type TrailCursor = Readonly<Record<TrailRow['type'], number>>;

export interface TrailFilter {
  readonly type?: TrailRow['type'];
  /** A finding's, correction's, run's, change's, session's or override's id, or a user id. */
  readonly subject?: string;
  /** Of a decision; other rows have none. */
  readonly event?: string;
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
}

/** Counted or looked up at once, whatever the size of the database. */
export interface ServiceFigures {
  /** When the latest run ended that judged what it could and was not held. */
  readonly lastGoodRunAt: Instant | undefined;
  readonly lastRun: Pick<RunRecord, 'runId' | 'status' | 'agents'> | undefined;
  readonly heldRuns: number;
  readonly agents: number;
  /** Up to where the agent who is furthest behind was judged. */
  readonly oldestWatermark: Instant | undefined;
  readonly findings: readonly { kind: FindingKind; status: FindingStatus; count: number }[];
  readonly corrections: readonly { status: CorrectionState; count: number }[];
  readonly oldestUnsettledAt: Instant | undefined;
  readonly databaseBytes: number;
  readonly walBytes: number;
}

/** A session's change of state, as the vendor pushed it. */
export interface SessionEvent {
  readonly eventId: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly state: string;
  readonly mediaType: string;
  readonly acwRemainingSeconds: number | undefined;
  readonly at: Instant;
  readonly receivedAt: Instant;
}

export interface WebStore {
  /**
   * Findings after a key of the same order. What is rare is looked for in so much of the ledger only as keeps nobody
   * waiting: a page may have fewer rows than asked for, or none, and still a `next`. Oldest first is the order of the
   * CSV. What has no drift comes last when drift is the order.
   */
  findingsPage(
    filter: FindingFilter,
    order: FindingOrder,
    limit: number,
    after?: FindingKey,
  ): Promise<FindingPage>;
  runById(runId: number): Promise<RunRecord | undefined>;
  /** In order of user id. */
  agentsPage(filter: AgentFilter, limit: number, after?: string): Promise<readonly AgentOverview[]>;
  agentById(userId: string): Promise<AgentOverview | undefined>;
  teams(): Promise<readonly string[]>;
  agentTimeline(userId: string, range: Interval): Promise<AgentTimeline | undefined>;
  /** The latest first, from all books. */
  trailPage(filter: TrailFilter, limit: number, before?: TrailCursor): Promise<readonly TrailRow[]>;
  recordAccess(access: Access): Promise<void>;
  /** The same `eventId` is the same event; what is known already is left as it is. */
  recordSessionEvents(events: readonly SessionEvent[]): Promise<RecordedCounts>;
  figures(): Promise<ServiceFigures>;
}
