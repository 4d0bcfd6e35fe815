/** The tables of `migrations/0005-control.sql` and later as drizzle sees them; part of `schema.ts`. */
import { integer, real, sqliteTable, text } from './drizzle.ts';

export const changes = sqliteTable('changes', {
  changeNo: integer('change_no').primaryKey({ autoIncrement: true }),
  changeId: text('change_id').notNull().unique(),
  userId: text('user_id').notNull(),
  state: text('state').notNull(),
  skillGroups: text('skill_groups').notNull(),
  routingGroups: text('routing_groups').notNull(),
  reason: text('reason').notNull(),
  withPresence: integer('with_presence').notNull(),
  requestedBy: text('requested_by').notNull(),
  requestedAt: integer('requested_at').notNull(),
  deadlineAt: integer('deadline_at').notNull(),
  status: text('status').notNull(),
  baselineState: text('baseline_state'),
  baselineAt: integer('baseline_at'),
  waitingFor: text('waiting_for').notNull(),
  sendings: integer('sendings').notNull().default(0),
  unansweredAt: integer('unanswered_at'),
  owner: text('owner'),
  updatedAt: integer('updated_at'),
  why: text('why'),
  changedAt: integer('changed_at').notNull(),
  supersededBy: text('superseded_by'),
});

export const changeCounts = sqliteTable('change_counts', {
  status: text('status').primaryKey(),
  changes: integer('changes').notNull(),
});

export const sessions = sqliteTable('sessions', {
  sessionId: text('session_id').primaryKey(),
  userId: text('user_id').notNull(),
  state: text('state').notNull(),
  mediaType: text('media_type').notNull(),
  direction: text('direction'),
  skillId: text('skill_id'),
  acwRemainingSeconds: real('acw_remaining_s'),
  at: integer('at').notNull(),
  pushedAt: integer('pushed_at'),
  polledAt: integer('polled_at'),
  heardAt: integer('heard_at').notNull(),
});

export const sessionTroubles = sqliteTable('session_troubles', {
  userId: text('user_id').primaryKey(),
  since: integer('since').notNull(),
});

export const acwContracts = sqliteTable('acw_contracts', {
  sessionId: text('session_id').primaryKey(),
  userId: text('user_id').notNull(),
  idempotencyKey: text('idempotency_key').notNull().unique(),
  durationSeconds: integer('duration_s').notNull(),
  type: text('type').notNull(),
  reasonCode: text('reason_code').notNull(),
  requestedBy: text('requested_by').notNull(),
  createdAt: integer('created_at').notNull(),
  status: text('status').notNull(),
  sentTimes: integer('sent_times').notNull().default(0),
  sentAt: integer('sent_at'),
  timerBefore: integer('timer_before'),
  endsAt: integer('ends_at'),
  extensionSeconds: integer('extension_s').notNull().default(0),
  extensionStatus: text('extension_status').notNull().default('none'),
  extensionSentAt: integer('extension_sent_at'),
  extensionTimerBefore: integer('extension_timer_before'),
  owner: text('owner'),
  why: text('why'),
  changedAt: integer('changed_at').notNull(),
});

export const escalations = sqliteTable('escalations', {
  escalationNo: integer('escalation_no').primaryKey({ autoIncrement: true }),
  escalationId: text('escalation_id').notNull().unique(),
  event: text('event').notNull(),
  body: text('body').notNull(),
  status: text('status').notNull(),
  attempts: integer('attempts').notNull().default(0),
  notBefore: integer('not_before'),
  createdAt: integer('created_at').notNull(),
});

export const overrides = sqliteTable('overrides', {
  overrideNo: integer('override_no').primaryKey({ autoIncrement: true }),
  overrideId: text('override_id').notNull().unique(),
  userId: text('user_id').notNull(),
  state: text('state').notNull(),
  incident: text('incident').notNull(),
  reason: text('reason').notNull(),
  requestedBy: text('requested_by').notNull(),
  requestedAt: integer('requested_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  status: text('status').notNull(),
  decidedBy: text('decided_by'),
  decidedAt: integer('decided_at'),
  acknowledged: text('acknowledged').notNull(),
  owner: text('owner'),
  updatedAt: integer('updated_at'),
  why: text('why'),
  changedAt: integer('changed_at').notNull(),
});

export const disagreements = sqliteTable('disagreements', {
  userId: text('user_id').primaryKey(),
  since: integer('since').notNull(),
  told: integer('told').notNull(),
  presence: text('presence').notNull(),
  telephony: text('telephony').notNull(),
});

export const audit = sqliteTable('audit', {
  sequence: integer('sequence').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  actor: text('actor').notNull(),
  event: text('event').notNull(),
  userId: text('user_id'),
  subject: text('subject'),
  why: text('why').notNull(),
  read: text('read'),
  sent: text('sent'),
  answer: text('answer'),
});
