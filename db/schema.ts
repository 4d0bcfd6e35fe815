/**
 * The tables of `migrations/` as drizzle sees them. The migrations decide (STRICT, CHECKs, indexes, triggers); a
 * test holds this file to them.
 */
import { foreignKey, integer, primaryKey, sqliteTable, text } from './drizzle.ts';

export const meta = sqliteTable('meta', {
  key: text('key').primaryKey(),
  value: integer('value').notNull(),
});

export const holds = sqliteTable('holds', {
  holdId: integer('hold_id').primaryKey({ autoIncrement: true }),
  why: text('why').notNull(),
  enteredAt: integer('entered_at'),
  leftAt: integer('left_at'),
  leftBy: text('left_by'),
  note: text('note'),
});

export const agents = sqliteTable('agents', {
  agentNo: integer('agent_no').primaryKey(),
  userId: text('user_id').notNull().unique(),
  vendorAgentId: text('vendor_agent_id'),
  username: text('username'),
  name: text('name'),
  team: text('team'),
  timeZone: text('time_zone'),
  rosterAt: integer('roster_at'),
  rosterKeptAt: integer('roster_kept_at'),
  watermark: integer('watermark'),
  reopenedFrom: integer('reopened_from'),
  reopenedSequence: integer('reopened_sequence').notNull().default(0),
  closedFrom: integer('closed_from'),
  firstTransitionAt: integer('first_transition_at'),
  notFoundSince: integer('not_found_since'),
  retiredAt: integer('retired_at'),
  version: integer('version').notNull().default(0),
});

export const states = sqliteTable('states', {
  stateNo: integer('state_no').primaryKey(),
  name: text('name').notNull().unique(),
});

export const transitions = sqliteTable(
  'transitions',
  {
    agentNo: integer('agent_no')
      .notNull()
      .references(() => agents.agentNo),
    at: integer('at').notNull(),
    stateNo: integer('state_no')
      .notNull()
      .references(() => states.stateNo),
    sequence: integer('sequence').notNull(),
    receivedAt: integer('received_at').notNull(),
    source: text('source').notNull(),
    told: integer('told').notNull(),
    confirmedUntil: integer('confirmed_until'),
    absentAt: integer('absent_at'),
    eventId: text('event_id'),
    sessionId: text('session_id'),
    mediaType: text('media_type'),
  },
  (table) => [primaryKey({ columns: [table.agentNo, table.at, table.stateNo] })],
);

export const schedules = sqliteTable('schedules', {
  agentNo: integer('agent_no')
    .primaryKey()
    .references(() => agents.agentNo),
  version: integer('version').notNull(),
  knownFrom: integer('known_from').notNull(),
  knownTo: integer('known_to').notNull(),
  fetchedAt: integer('fetched_at').notNull(),
});

export const shifts = sqliteTable(
  'shifts',
  {
    agentNo: integer('agent_no')
      .notNull()
      .references(() => schedules.agentNo),
    startAt: integer('start_at').notNull(),
    shiftId: text('shift_id').notNull(),
    endAt: integer('end_at').notNull(),
    timeZone: text('time_zone').notNull(),
    activities: text('activities').notNull(),
  },
  (table) => [primaryKey({ columns: [table.agentNo, table.startAt, table.shiftId] })],
);

export const runs = sqliteTable('runs', {
  runId: integer('run_id').primaryKey({ autoIncrement: true }),
  status: text('status').notNull(),
  triggerName: text('trigger_name').notNull(),
  fence: integer('fence').notNull(),
  reopenSequence: integer('reopen_sequence').notNull(),
  startedAt: integer('started_at').notNull(),
  endedAt: integer('ended_at'),
  rangeFrom: integer('range_from'),
  rangeTo: integer('range_to'),
  agents: text('agents'),
  windows: integer('windows').notNull().default(0),
  agentsPlanned: integer('agents_planned').notNull().default(0),
  agentsJudged: integer('agents_judged').notNull().default(0),
  agentsFailed: integer('agents_failed').notNull().default(0),
  findingsNew: integer('findings_new').notNull().default(0),
  findingsChanged: integer('findings_changed').notNull().default(0),
  findingsResolved: integer('findings_resolved').notNull().default(0),
  findingsUnchanged: integer('findings_unchanged').notNull().default(0),
  findingsByKind: text('findings_by_kind').notNull().default('{}'),
  correctionsMade: integer('corrections_made').notNull().default(0),
  correctionsDelivered: integer('corrections_delivered').notNull().default(0),
  correctionsWaiting: integer('corrections_waiting').notNull().default(0),
  correctionsHeld: integer('corrections_held').notNull().default(0),
  correctionsFailed: integer('corrections_failed').notNull().default(0),
  reason: text('reason'),
  judgedMs: integer('judged_ms').notNull().default(0),
  pairedAgents: integer('paired_agents').notNull().default(0),
  workingAgents: integer('working_agents').notNull().default(0),
  emptyAgents: integer('empty_agents').notNull().default(0),
  adoptedBy: integer('adopted_by'),
});

export const runDrifts = sqliteTable(
  'run_drifts',
  {
    runId: integer('run_id')
      .notNull()
      .references(() => runs.runId),
    driftMs: integer('drift_ms').notNull(),
    pairs: integer('pairs').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.driftMs] })],
);

export const runErrors = sqliteTable(
  'run_errors',
  {
    runId: integer('run_id')
      .notNull()
      .references(() => runs.runId),
    position: integer('position').notNull(),
    agent: text('agent').notNull(),
    code: text('code').notNull(),
    message: text('message').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.position] })],
);

export const skips = sqliteTable(
  'skips',
  {
    runId: integer('run_id')
      .notNull()
      .references(() => runs.runId),
    agentNo: integer('agent_no')
      .notNull()
      .references(() => agents.agentNo),
    startAt: integer('start_at').notNull(),
    endAt: integer('end_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.agentNo, table.startAt] })],
);

export const findings = sqliteTable(
  'findings',
  {
    findingNo: integer('finding_no').primaryKey(),
    findingId: text('finding_id').notNull().unique(),
    agentNo: integer('agent_no').notNull(),
    userId: text('user_id').notNull(),
    kind: text('kind').notNull(),
    groupName: text('group_name').notNull(),
    instant: integer('instant').notNull(),
    status: text('status').notNull(),
    pieces: text('pieces').notNull(),
    loggedAt: integer('logged_at'),
    reportedAt: integer('reported_at'),
    loggedState: text('logged_state'),
    reportedState: text('reported_state'),
    driftMs: integer('drift_ms'),
    differenceFrom: integer('difference_from').notNull(),
    differenceTo: integer('difference_to').notNull(),
    differenceMs: integer('difference_ms').notNull(),
    shiftId: text('shift_id'),
    shiftEdge: text('shift_edge'),
    shiftEdgeAt: integer('shift_edge_at'),
    shiftOffsetMs: integer('shift_offset_ms'),
    cutAt: integer('cut_at'),
    runId: integer('run_id').notNull(),
    detectedAt: integer('detected_at').notNull(),
    changedAt: integer('changed_at').notNull(),
    reviewedBy: text('reviewed_by'),
    reviewedAt: integer('reviewed_at'),
    reviewNote: text('review_note'),
    reviewedMs: integer('reviewed_ms'),
    heldByRun: integer('held_by_run'),
    evidence: text('evidence'),
  },
  (table) => [
    foreignKey({ columns: [table.agentNo, table.userId], foreignColumns: [agents.agentNo, agents.userId] }),
  ],
);

export const corrections = sqliteTable('corrections', {
  correctionNo: integer('correction_no').primaryKey(),
  correctionId: text('correction_id').notNull().unique(),
  agentNo: integer('agent_no')
    .notNull()
    .references(() => agents.agentNo),
  findingId: text('finding_id')
    .notNull()
    .references(() => findings.findingId),
  runId: integer('run_id').notNull(),
  startAt: integer('start_at').notNull(),
  endAt: integer('end_at').notNull(),
  state: text('state').notNull(),
  status: text('status').notNull(),
  idempotencyKey: text('idempotency_key').notNull().unique(),
  body: text('body').notNull(),
  vendorId: text('vendor_id'),
  takeBackAsked: integer('take_back_asked').notNull().default(0),
  foundAt: integer('found_at'),
  afterHold: integer('after_hold').notNull().default(0),
  notBefore: integer('not_before'),
  firstSentAt: integer('first_sent_at'),
  attempts: integer('attempts').notNull().default(0),
  lastFence: integer('last_fence'),
  lastReason: text('last_reason'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export const attempts = sqliteTable('attempts', {
  attemptId: integer('attempt_id').primaryKey({ autoIncrement: true }),
  correctionNo: integer('correction_no')
    .notNull()
    .references(() => corrections.correctionNo),
  fence: integer('fence').notNull(),
  startedAt: integer('started_at').notNull(),
  endedAt: integer('ended_at'),
  answer: text('answer'),
  vendorId: text('vendor_id'),
});

export const history = sqliteTable('history', {
  sequence: integer('sequence').primaryKey(),
  entity: text('entity').notNull(),
  entityId: text('entity_id').notNull(),
  at: integer('at').notNull(),
  actor: text('actor').notNull(),
  fromStatus: text('from_status'),
  toStatus: text('to_status').notNull(),
  why: text('why').notNull(),
});

export const leases = sqliteTable('leases', {
  name: text('name').primaryKey(),
  owner: text('owner'),
  fence: integer('fence').notNull().unique(),
  expiresAt: integer('expires_at'),
});

export const slots = sqliteTable(
  'slots',
  {
    job: text('job').notNull(),
    slotAt: integer('slot_at').notNull(),
    fate: text('fate').notNull(),
    recordedAt: integer('recorded_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.slotAt] })],
);

export * from './schema-control.ts';
export * from './schema-listed-states.ts';
export * from './schema-service.ts';
