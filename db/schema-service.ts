/** The tables of `migrations/0002-service.sql` as drizzle sees them; part of `schema.ts`. */
import { integer, primaryKey, real, sqliteTable, text } from './drizzle.ts';
import { agents } from './schema.ts';

export const sessionEvents = sqliteTable('session_events', {
  eventNo: integer('event_no').primaryKey(),
  eventId: text('event_id').notNull().unique(),
  sessionId: text('session_id').notNull(),
  userId: text('user_id').notNull(),
  state: text('state').notNull(),
  mediaType: text('media_type').notNull(),
  acwRemainingSeconds: real('acw_remaining_s'),
  at: integer('at').notNull(),
  receivedAt: integer('received_at').notNull(),
});

export const reportWindows = sqliteTable(
  'report_windows',
  {
    agentNo: integer('agent_no')
      .notNull()
      .references(() => agents.agentNo),
    fromAt: integer('from_at').notNull(),
    toAt: integer('to_at').notNull(),
    seenAt: integer('seen_at').notNull(),
    runId: integer('run_id').notNull(),
    pieces: text('pieces').notNull(),
  },
  (table) => [primaryKey({ columns: [table.agentNo, table.fromAt, table.toAt] })],
);

export const accessLog = sqliteTable('access_log', {
  accessNo: integer('access_no').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  who: text('who').notNull(),
  role: text('role').notNull(),
  what: text('what').notNull(),
  subject: text('subject'),
  asked: text('asked'),
});

export const findingCounts = sqliteTable(
  'finding_counts',
  {
    kind: text('kind').notNull(),
    status: text('status').notNull(),
    findings: integer('findings').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.status] })],
);

export const correctionCounts = sqliteTable('correction_counts', {
  status: text('status').primaryKey(),
  corrections: integer('corrections').notNull(),
});
