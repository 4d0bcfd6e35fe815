-- The whole ledger. Instants are integer milliseconds since 1970-01-01T00:00:00Z, intervals are half open.
-- No foreign key cascades: what goes is deleted by name (src/store/sqlite/prune.ts).

CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- generation and generation_nonce: also kept in a file beside the database, to notice that another database was put
-- in its place (src/store/sqlite/generation.ts). log_sequence: the order of arrival of the last transition.
-- reopen_sequence: how often late evidence reopened judged time. Once there is one, roster_at: when the last
-- roster that was read to its end began; deliveries_not_before: until when the vendor wants no correction.
INSERT INTO meta (key, value) VALUES
  ('generation', 0), ('generation_nonce', 0), ('log_sequence', 0), ('reopen_sequence', 0);

-- While one has not been left, nothing is sent. entered_at is absent where the store noticed by itself.
CREATE TABLE holds (
  hold_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  why TEXT NOT NULL,
  entered_at INTEGER,
  left_at INTEGER,
  left_by TEXT,
  note TEXT,
  CHECK ((left_at IS NULL) = (left_by IS NULL)),
  CHECK (note IS NULL OR left_at IS NOT NULL)
) STRICT;

-- At any time there is at most one hold.
CREATE UNIQUE INDEX holds_in_force ON holds (left_at IS NULL) WHERE left_at IS NULL;

CREATE TABLE agents (
  agent_no INTEGER NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE CHECK (user_id <> ''),
  vendor_agent_id TEXT,
  username TEXT,
  name TEXT,
  team TEXT,
  time_zone TEXT,
  -- The last roster that listed the agent, and the last complete one that did while another is being read.
  roster_at INTEGER,
  roster_kept_at INTEGER,
  watermark INTEGER,
  reopened_from INTEGER,
  -- Which reopening set it, counted over all agents: tells whether a run has known of it.
  reopened_sequence INTEGER NOT NULL DEFAULT 0,
  -- From where late evidence for closed time (ADHERENCE_LOCK_DAYS) would be judged, once a person unlocks it.
  closed_from INTEGER,
  first_transition_at INTEGER,
  not_found_since INTEGER,
  retired_at INTEGER,
  -- Grows with each change of the agent's log, findings or corrections.
  version INTEGER NOT NULL DEFAULT 0,
  UNIQUE (agent_no, user_id),
  CHECK (reopened_from IS NULL OR (watermark IS NOT NULL AND reopened_from < watermark)),
  CHECK (retired_at IS NULL OR not_found_since IS NOT NULL)
) STRICT;

-- States trimmed and in lower case, as they are compared.
CREATE TABLE states (
  state_no INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE transitions (
  agent_no INTEGER NOT NULL REFERENCES agents (agent_no),
  at INTEGER NOT NULL,
  state_no INTEGER NOT NULL REFERENCES states (state_no),
  sequence INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('import', 'poll', 'webhook', 'status_change')),
  told INTEGER NOT NULL CHECK (told IN (0, 1)),
  confirmed_until INTEGER,
  absent_at INTEGER,
  event_id TEXT CHECK (event_id <> ''),
  session_id TEXT,
  media_type TEXT,
  PRIMARY KEY (agent_no, at, state_no),
  CHECK (told = 1 OR source = 'poll'),
  CHECK (told = 1 OR confirmed_until IS NOT NULL),
  CHECK (confirmed_until IS NULL OR confirmed_until >= at),
  CHECK (absent_at IS NULL OR absent_at > coalesce(confirmed_until, at - 1))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transitions_event ON transitions (event_id) WHERE event_id IS NOT NULL;

-- What is known of an agent's schedule: the shifts that overlap [known_from, known_to).
CREATE TABLE schedules (
  agent_no INTEGER NOT NULL PRIMARY KEY REFERENCES agents (agent_no),
  version INTEGER NOT NULL,
  known_from INTEGER NOT NULL,
  known_to INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  CHECK (known_from < known_to)
) STRICT;

CREATE TABLE shifts (
  agent_no INTEGER NOT NULL REFERENCES schedules (agent_no),
  start_at INTEGER NOT NULL,
  shift_id TEXT NOT NULL,
  end_at INTEGER NOT NULL,
  time_zone TEXT NOT NULL,
  activities TEXT NOT NULL CHECK (json_valid(activities)),
  PRIMARY KEY (agent_no, start_at, shift_id),
  CHECK (start_at <= end_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  run_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'partial', 'failed', 'held', 'dropped')),
  trigger_name TEXT NOT NULL,
  fence INTEGER NOT NULL,
  -- meta.reopen_sequence when it was opened.
  reopen_sequence INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  range_from INTEGER,
  range_to INTEGER,
  agents TEXT CHECK (agents IS NULL OR json_valid(agents)),
  windows INTEGER NOT NULL DEFAULT 0,
  agents_planned INTEGER NOT NULL DEFAULT 0,
  agents_judged INTEGER NOT NULL DEFAULT 0,
  agents_failed INTEGER NOT NULL DEFAULT 0,
  findings_new INTEGER NOT NULL DEFAULT 0,
  findings_changed INTEGER NOT NULL DEFAULT 0,
  findings_resolved INTEGER NOT NULL DEFAULT 0,
  findings_unchanged INTEGER NOT NULL DEFAULT 0,
  findings_by_kind TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(findings_by_kind)),
  corrections_made INTEGER NOT NULL DEFAULT 0,
  corrections_delivered INTEGER NOT NULL DEFAULT 0,
  corrections_waiting INTEGER NOT NULL DEFAULT 0,
  corrections_held INTEGER NOT NULL DEFAULT 0,
  corrections_failed INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  -- For the circuit breakers, together with run_drifts; of the runs that it adopted too.
  judged_ms INTEGER NOT NULL DEFAULT 0,
  paired_agents INTEGER NOT NULL DEFAULT 0,
  working_agents INTEGER NOT NULL DEFAULT 0,
  empty_agents INTEGER NOT NULL DEFAULT 0,
  -- The run that judges what this one left unclosed.
  adopted_by INTEGER,
  CHECK ((status = 'running') = (ended_at IS NULL)),
  CHECK (status <> 'held' OR reason IS NOT NULL)
) STRICT;

-- At any time at most one run is under way.
CREATE UNIQUE INDEX runs_running ON runs (status) WHERE status = 'running';
CREATE INDEX runs_adopted ON runs (adopted_by) WHERE adopted_by IS NOT NULL;

-- How many pairs of a run that is under way had which drift.
CREATE TABLE run_drifts (
  run_id INTEGER NOT NULL REFERENCES runs (run_id),
  drift_ms INTEGER NOT NULL,
  pairs INTEGER NOT NULL CHECK (pairs > 0),
  PRIMARY KEY (run_id, drift_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_errors (
  run_id INTEGER NOT NULL REFERENCES runs (run_id),
  position INTEGER NOT NULL,
  agent TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- Time that was given up because it lay too far back.
CREATE TABLE skips (
  run_id INTEGER NOT NULL REFERENCES runs (run_id),
  agent_no INTEGER NOT NULL REFERENCES agents (agent_no),
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, agent_no, start_at),
  CHECK (start_at < end_at)
) STRICT, WITHOUT ROWID;

-- run_id names the run that last changed the finding; no foreign key, since runs are kept for less long.
CREATE TABLE findings (
  finding_no INTEGER NOT NULL PRIMARY KEY,
  finding_id TEXT NOT NULL UNIQUE CHECK (finding_id <> ''),
  agent_no INTEGER NOT NULL,
  -- Repeated from the agent because pages are read in its order.
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  group_name TEXT NOT NULL,
  instant INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN (
    'open', 'in_review', 'approved', 'dismissed', 'corrected', 'resolved', 'held', 'failed')),
  -- [[start, end, logged state or null, reported state or null], …] in time order.
  pieces TEXT NOT NULL CHECK (json_valid(pieces)),
  logged_at INTEGER,
  reported_at INTEGER,
  logged_state TEXT,
  reported_state TEXT,
  drift_ms INTEGER,
  difference_from INTEGER NOT NULL,
  difference_to INTEGER NOT NULL,
  difference_ms INTEGER NOT NULL,
  shift_id TEXT,
  shift_edge TEXT CHECK (shift_edge IN ('start', 'end')),
  shift_edge_at INTEGER,
  shift_offset_ms INTEGER,
  cut_at INTEGER,
  run_id INTEGER NOT NULL,
  detected_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  reviewed_by TEXT,
  reviewed_at INTEGER,
  review_note TEXT,
  -- Its extent when a person last decided on it.
  reviewed_ms INTEGER,
  -- The run whose circuit breaker holds it.
  held_by_run INTEGER,
  -- What the verdict rests on: log rows, report intervals, shift.
  evidence TEXT CHECK (evidence IS NULL OR json_valid(evidence)),
  UNIQUE (agent_no, kind, instant),
  FOREIGN KEY (agent_no, user_id) REFERENCES agents (agent_no, user_id),
  CHECK ((group_name = 'run' AND kind IN ('state_mismatch', 'missing_in_report', 'missing_in_log'))
    OR (group_name = 'pair' AND kind = 'boundary_drift')
    OR (group_name = 'gap' AND kind = 'report_gap')
    OR (group_name = 'overlap' AND kind = 'report_overlap')
    OR (group_name = 'duration' AND kind = 'duration_mismatch')
    OR (group_name = 'shift' AND kind = 'near_shift_boundary')),
  CHECK (drift_ms IS NULL OR (logged_at IS NOT NULL AND reported_at IS NOT NULL
    AND drift_ms = reported_at - logged_at)),
  CHECK (difference_from <= difference_to),
  CHECK (difference_ms >= 0 AND difference_ms <= difference_to - difference_from),
  CHECK ((shift_id IS NULL) = (shift_edge IS NULL)
    AND (shift_id IS NULL) = (shift_edge_at IS NULL)
    AND (shift_id IS NULL) = (shift_offset_ms IS NULL)),
  CHECK (kind <> 'near_shift_boundary' OR (shift_id IS NOT NULL AND difference_from = difference_to)),
  CHECK (detected_at <= changed_at),
  CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
  CHECK (status NOT IN ('approved', 'dismissed') OR reviewed_at IS NOT NULL),
  CHECK ((status = 'held') = (held_by_run IS NOT NULL))
) STRICT;

-- The order of the export; difference_to stands in it so that a range is held against the index alone.
CREATE INDEX findings_in_order ON findings (difference_from, user_id, finding_id, difference_to);
CREATE INDEX findings_of_run ON findings (run_id, difference_from, user_id, finding_id);
CREATE INDEX findings_of_agent ON findings (agent_no, difference_to, difference_from);
CREATE INDEX findings_to_review ON findings (difference_from, user_id, finding_id) WHERE status = 'in_review';
CREATE INDEX findings_held ON findings (held_by_run) WHERE held_by_run IS NOT NULL;

CREATE TABLE corrections (
  correction_no INTEGER NOT NULL PRIMARY KEY,
  correction_id TEXT NOT NULL UNIQUE CHECK (correction_id <> ''),
  agent_no INTEGER NOT NULL REFERENCES agents (agent_no),
  finding_id TEXT NOT NULL REFERENCES findings (finding_id),
  -- The run that made it, or the one that adopted it before it was let go.
  run_id INTEGER NOT NULL,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state <> ''),
  status TEXT NOT NULL CHECK (status IN (
    'refused', 'unknown', 'held', 'proposed', 'waiting', 'sending', 'delivered', 'withdrawn',
    'take_back_waiting', 'taking_back', 'take_back_unknown', 'taken_back')),
  idempotency_key TEXT NOT NULL UNIQUE CHECK (idempotency_key <> ''),
  body TEXT NOT NULL CHECK (body <> ''),
  vendor_id TEXT,
  -- A person is asked whether to take it back.
  take_back_asked INTEGER NOT NULL DEFAULT 0 CHECK (take_back_asked IN (0, 1)),
  -- When the vendor was found to have it although this ledger does not know of sending it, as after a restore.
  found_at INTEGER,
  -- The last hold that had ended when it was made or last sent: before another one ends it may have been sent.
  after_hold INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER,
  first_sent_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_fence INTEGER,
  last_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (start_at < end_at),
  CHECK ((first_sent_at IS NULL) = (attempts = 0)),
  CHECK ((first_sent_at IS NULL) = (last_fence IS NULL)),
  CHECK (status IN ('held', 'proposed', 'waiting', 'withdrawn') OR first_sent_at IS NOT NULL
    OR (status IN ('delivered', 'take_back_waiting') AND found_at IS NOT NULL)),
  CHECK (take_back_asked = 0 OR status = 'delivered'),
  CHECK (status NOT IN ('delivered', 'take_back_waiting', 'taking_back', 'take_back_unknown', 'taken_back')
    OR vendor_id IS NOT NULL),
  CHECK (not_before IS NULL
    OR status IN ('waiting', 'unknown', 'sending', 'take_back_waiting', 'taking_back', 'take_back_unknown'))
) STRICT;

-- Of one agent at most one correction is under way.
CREATE UNIQUE INDEX corrections_under_way ON corrections (agent_no) WHERE status IN ('sending', 'taking_back');
CREATE INDEX corrections_queue ON corrections (correction_no)
  WHERE status IN ('waiting', 'unknown', 'take_back_waiting', 'take_back_unknown');
CREATE INDEX corrections_due ON corrections (agent_no, correction_no)
  WHERE status IN ('waiting', 'unknown', 'take_back_waiting', 'take_back_unknown');
CREATE INDEX corrections_of_agent ON corrections (agent_no, end_at, start_at);
CREATE INDEX corrections_of_finding ON corrections (finding_id, status);
CREATE INDEX corrections_of_run ON corrections (run_id, status);

-- Each try, when it began and what came of it. Append-only but for its end.
CREATE TABLE attempts (
  attempt_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  correction_no INTEGER NOT NULL REFERENCES corrections (correction_no),
  fence INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  answer TEXT,
  vendor_id TEXT,
  CHECK ((ended_at IS NULL) = (answer IS NULL)),
  CHECK (vendor_id IS NULL OR ended_at IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX attempts_open ON attempts (correction_no) WHERE ended_at IS NULL;
CREATE INDEX attempts_of_correction ON attempts (correction_no, started_at);

CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts
WHEN OLD.ended_at IS NOT NULL OR NEW.attempt_id <> OLD.attempt_id OR NEW.correction_no <> OLD.correction_no
  OR NEW.fence <> OLD.fence OR NEW.started_at <> OLD.started_at
BEGIN
  SELECT RAISE(ABORT, 'an attempt that has ended does not change');
END;

-- Every change of status, for ever.
CREATE TABLE history (
  sequence INTEGER NOT NULL PRIMARY KEY,
  entity TEXT NOT NULL CHECK (entity IN ('finding', 'correction', 'run')),
  entity_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL CHECK (actor <> ''),
  from_status TEXT,
  to_status TEXT NOT NULL,
  why TEXT NOT NULL,
  CHECK (from_status IS NULL OR from_status <> to_status)
) STRICT;

CREATE INDEX history_of_entity ON history (entity, entity_id, sequence);
CREATE INDEX history_of_runs ON history (at) WHERE entity = 'run';

CREATE TRIGGER history_is_not_rewritten BEFORE UPDATE ON history
BEGIN
  SELECT RAISE(ABORT, 'history is not rewritten');
END;

-- Retention deletes the thing first and its history after it, so what is still there keeps its story.
CREATE TRIGGER history_outlives_its_entity BEFORE DELETE ON history
WHEN (OLD.entity = 'finding' AND EXISTS (SELECT 1 FROM findings WHERE finding_id = OLD.entity_id))
  OR (OLD.entity = 'correction' AND EXISTS (SELECT 1 FROM corrections WHERE correction_id = OLD.entity_id))
  OR (OLD.entity = 'run' AND EXISTS (SELECT 1 FROM runs WHERE run_id = CAST(OLD.entity_id AS INTEGER)))
BEGIN
  SELECT RAISE(ABORT, 'history is kept as long as what it tells of');
END;

-- A free lock keeps its row, so that fences only ever grow.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  owner TEXT,
  fence INTEGER NOT NULL UNIQUE CHECK (fence > 0),
  expires_at INTEGER,
  CHECK ((owner IS NULL) = (expires_at IS NULL))
) STRICT;

CREATE TABLE slots (
  job TEXT NOT NULL,
  slot_at INTEGER NOT NULL,
  fate TEXT NOT NULL CHECK (fate IN ('ran', 'caught_up', 'failed', 'busy')),
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (job, slot_at)
) STRICT, WITHOUT ROWID;
