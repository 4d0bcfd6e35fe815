-- What changing agents' states needs: what was asked for, what was decided and sent, and what is known of sessions.
-- Users and sessions are the vendor's; they need not be agents we know, and sessions go before what tells of them.

-- Requested changes of status, one queue per agent in order of change_no.
CREATE TABLE changes (
  change_no INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  change_id TEXT NOT NULL UNIQUE CHECK (change_id <> ''),
  user_id TEXT NOT NULL CHECK (user_id <> ''),
  state TEXT NOT NULL CHECK (state IN ('available', 'busy', 'offline', 'lunch', 'meeting', 'custom')),
  -- [{"id", "state"}, …]
  skill_groups TEXT NOT NULL CHECK (json_valid(skill_groups)),
  routing_groups TEXT NOT NULL CHECK (json_valid(routing_groups)),
  reason TEXT NOT NULL CHECK (reason <> ''),
  with_presence INTEGER NOT NULL CHECK (with_presence IN (0, 1)),
  requested_by TEXT NOT NULL CHECK (requested_by <> ''),
  requested_at INTEGER NOT NULL,
  deadline_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN (
    'queued', 'applying', 'applied', 'already_applied', 'refused', 'expired', 'void', 'superseded')),
  -- What it was meant for.
  baseline_state TEXT,
  baseline_at INTEGER,
  -- Ids of sessions.
  waiting_for TEXT NOT NULL CHECK (json_valid(waiting_for)),
  sendings INTEGER NOT NULL DEFAULT 0 CHECK (sendings >= 0),
  -- When it last left, while nobody can say whether it took effect.
  unanswered_at INTEGER,
  -- The process that is sending it.
  owner TEXT CHECK (owner <> ''),
  -- The engine's instant of what was applied.
  updated_at INTEGER,
  why TEXT,
  changed_at INTEGER NOT NULL,
  CHECK ((baseline_state IS NULL) = (baseline_at IS NULL)),
  CHECK ((status = 'applying') = (owner IS NOT NULL)),
  CHECK (status <> 'applying' OR unanswered_at IS NOT NULL),
  CHECK (unanswered_at IS NULL OR sendings > 0),
  CHECK (status <> 'applied' OR (updated_at IS NOT NULL AND sendings > 0))
) STRICT;

-- Of one agent at most one change is under way.
CREATE UNIQUE INDEX changes_applying ON changes (user_id) WHERE status = 'applying';
CREATE INDEX changes_queue ON changes (change_no) WHERE status = 'queued';
CREATE INDEX changes_of_agent ON changes (user_id, change_no) WHERE status IN ('queued', 'applying');
CREATE INDEX changes_settled ON changes (changed_at) WHERE status NOT IN ('queued', 'applying');

-- Counted as they come and go, as findings are.
CREATE TABLE change_counts (
  status TEXT NOT NULL PRIMARY KEY,
  changes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER changes_count_added AFTER INSERT ON changes
BEGIN
  INSERT INTO change_counts (status, changes) VALUES (NEW.status, 1)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER changes_count_changed AFTER UPDATE OF status ON changes
WHEN NEW.status <> OLD.status
BEGIN
  UPDATE change_counts SET changes = changes - 1 WHERE status = OLD.status;
  INSERT INTO change_counts (status, changes) VALUES (NEW.status, 1)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER changes_count_removed AFTER DELETE ON changes
BEGIN
  UPDATE change_counts SET changes = changes - 1 WHERE status = OLD.status;
END;

-- The registry: the latest that is known of each session.
CREATE TABLE sessions (
  session_id TEXT NOT NULL PRIMARY KEY CHECK (session_id <> ''),
  user_id TEXT NOT NULL CHECK (user_id <> ''),
  state TEXT NOT NULL CHECK (state IN ('queued', 'ringing', 'talking', 'hold', 'acw', 'ended', 'unknown')),
  media_type TEXT NOT NULL CHECK (media_type <> ''),
  direction TEXT,
  skill_id TEXT,
  acw_remaining_s REAL CHECK (acw_remaining_s >= 0),
  -- Since when it is in this state, as far as is known.
  at INTEGER NOT NULL,
  -- The latest push that counted, by the vendor's clock.
  pushed_at INTEGER,
  -- When the latest poll that counted was sent, by ours.
  polled_at INTEGER,
  -- When anything was last heard of it, by ours.
  heard_at INTEGER NOT NULL,
  CHECK (pushed_at IS NOT NULL OR polled_at IS NOT NULL),
  CHECK (polled_at IS NULL OR polled_at <= heard_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_open ON sessions (user_id, session_id) WHERE state <> 'ended';
CREATE INDEX sessions_ended ON sessions (heard_at) WHERE state = 'ended';

-- Agents whose sessions could not be read, and since when.
CREATE TABLE session_troubles (
  user_id TEXT NOT NULL PRIMARY KEY CHECK (user_id <> ''),
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- After-call work that is enforced: one contract per session, for ever.
CREATE TABLE acw_contracts (
  session_id TEXT NOT NULL PRIMARY KEY CHECK (session_id <> ''),
  user_id TEXT NOT NULL CHECK (user_id <> ''),
  idempotency_key TEXT NOT NULL UNIQUE CHECK (idempotency_key <> ''),
  duration_s INTEGER NOT NULL CHECK (duration_s > 0),
  type TEXT NOT NULL CHECK (type IN ('manual', 'system', 'compliance')),
  reason_code TEXT NOT NULL CHECK (reason_code <> ''),
  requested_by TEXT NOT NULL CHECK (requested_by <> ''),
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('sending', 'unknown', 'running', 'fulfilled', 'bypassed', 'refused')),
  sent_times INTEGER NOT NULL DEFAULT 0 CHECK (sent_times BETWEEN 0 AND 2),
  sent_at INTEGER,
  -- When the vendor's timer of before would have ended.
  timer_before INTEGER,
  ends_at INTEGER,
  extension_s INTEGER NOT NULL DEFAULT 0 CHECK (extension_s >= 0),
  extension_status TEXT NOT NULL DEFAULT 'none'
    CHECK (extension_status IN ('none', 'sending', 'unknown', 'applied', 'refused')),
  extension_sent_at INTEGER,
  extension_timer_before INTEGER,
  -- The process that is sending it or its extension.
  owner TEXT CHECK (owner <> ''),
  why TEXT,
  changed_at INTEGER NOT NULL,
  CHECK ((sent_times = 0) = (sent_at IS NULL)),
  CHECK (sent_at IS NOT NULL OR timer_before IS NULL),
  CHECK (status NOT IN ('sending', 'unknown') OR sent_times > 0),
  CHECK (status <> 'running' OR ends_at IS NOT NULL),
  CHECK (extension_status = 'none' OR extension_s > 0),
  CHECK (extension_sent_at IS NULL OR extension_status <> 'none'),
  CHECK (extension_sent_at IS NOT NULL OR extension_timer_before IS NULL),
  CHECK ((status = 'sending' OR extension_status = 'sending') = (owner IS NOT NULL))
) STRICT;

CREATE INDEX acw_contracts_open ON acw_contracts (session_id) WHERE status IN ('sending', 'unknown', 'running');
CREATE INDEX acw_contracts_settled ON acw_contracts (changed_at) WHERE status NOT IN ('sending', 'unknown', 'running');

-- What is posted to ADHERENCE_ESCALATION_URL.
CREATE TABLE escalations (
  escalation_no INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  escalation_id TEXT NOT NULL UNIQUE CHECK (escalation_id <> ''),
  event TEXT NOT NULL CHECK (event <> ''),
  body TEXT NOT NULL CHECK (body <> ''),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'given_up')),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  not_before INTEGER,
  created_at INTEGER NOT NULL,
  CHECK (not_before IS NULL OR status = 'waiting')
) STRICT;

CREATE INDEX escalations_waiting ON escalations (escalation_no) WHERE status = 'waiting';
CREATE INDEX escalations_settled ON escalations (created_at) WHERE status <> 'waiting';

-- Forced changes: asked for by one person, let happen by another.
CREATE TABLE overrides (
  override_no INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  override_id TEXT NOT NULL UNIQUE CHECK (override_id <> ''),
  user_id TEXT NOT NULL CHECK (user_id <> ''),
  state TEXT NOT NULL CHECK (state IN ('available', 'busy', 'offline', 'lunch', 'meeting', 'custom')),
  incident TEXT NOT NULL CHECK (incident <> ''),
  reason TEXT NOT NULL CHECK (reason <> ''),
  requested_by TEXT NOT NULL CHECK (requested_by <> ''),
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN (
    'requested', 'executing', 'executed', 'unknown', 'failed', 'denied', 'expired')),
  decided_by TEXT CHECK (decided_by <> ''),
  decided_at INTEGER,
  -- Ids of the sessions that the second person knew would be cut.
  acknowledged TEXT NOT NULL CHECK (json_valid(acknowledged)),
  owner TEXT CHECK (owner <> ''),
  updated_at INTEGER,
  why TEXT,
  changed_at INTEGER NOT NULL,
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK (status IN ('requested', 'expired') OR decided_by IS NOT NULL),
  -- Nobody lets happen what they asked for.
  CHECK (status IN ('requested', 'expired', 'denied') OR decided_by <> requested_by),
  CHECK ((status = 'executing') = (owner IS NOT NULL)),
  CHECK (status <> 'executed' OR updated_at IS NOT NULL)
) STRICT;

CREATE INDEX overrides_unsettled ON overrides (override_no) WHERE status IN ('requested', 'executing', 'unknown');
CREATE INDEX overrides_settled ON overrides (changed_at) WHERE status NOT IN ('requested', 'executing', 'unknown');

-- Agents whose desktop presence and telephony disagree, and since when.
CREATE TABLE disagreements (
  user_id TEXT NOT NULL PRIMARY KEY CHECK (user_id <> ''),
  since INTEGER NOT NULL,
  told INTEGER NOT NULL CHECK (told IN (0, 1)),
  presence TEXT NOT NULL,
  telephony TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every decision with what it rests on and what came of it. Append-only.
CREATE TABLE audit (
  sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL CHECK (actor <> ''),
  event TEXT NOT NULL CHECK (event <> ''),
  user_id TEXT CHECK (user_id <> ''),
  -- A change, a session, an override.
  subject TEXT CHECK (subject <> ''),
  why TEXT NOT NULL,
  read TEXT CHECK (read IS NULL OR json_valid(read)),
  sent TEXT CHECK (sent IS NULL OR json_valid(sent)),
  answer TEXT CHECK (answer IS NULL OR json_valid(answer))
) STRICT;

CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_of_agent ON audit (user_id, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX audit_of_event ON audit (event, sequence);

CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is not rewritten');
END;
