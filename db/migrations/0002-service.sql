-- What the HTTP service keeps beside the ledger: what it was told, what it showed to whom, and what it counts.

-- Session events as the vendor pushed them (vendor-api.md 6). The user need not be an agent we know.
CREATE TABLE session_events (
  event_no INTEGER NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE CHECK (event_id <> ''),
  session_id TEXT NOT NULL CHECK (session_id <> ''),
  user_id TEXT NOT NULL CHECK (user_id <> ''),
  state TEXT NOT NULL CHECK (state <> ''),
  media_type TEXT NOT NULL CHECK (media_type <> ''),
  acw_remaining_s REAL CHECK (acw_remaining_s >= 0),
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX session_events_of_session ON session_events (session_id, at);
CREATE INDEX session_events_received ON session_events (received_at);

-- The report as it was last seen in a window: [[state number, start, end], …], instants counted from the window's start.
CREATE TABLE report_windows (
  agent_no INTEGER NOT NULL REFERENCES agents (agent_no),
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  -- Orders what was seen at one instant.
  run_id INTEGER NOT NULL,
  pieces TEXT NOT NULL CHECK (json_valid(pieces)),
  PRIMARY KEY (agent_no, from_at, to_at),
  CHECK (from_at < to_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_windows_seen ON report_windows (seen_at);

-- Who was shown whose data. Append-only: this is personnel data.
CREATE TABLE access_log (
  access_no INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL CHECK (who <> ''),
  role TEXT NOT NULL CHECK (role IN ('analyst', 'ops', 'supervisor')),
  what TEXT NOT NULL CHECK (what <> ''),
  -- Of whom or of what, where it is one: a user id, a finding's id.
  subject TEXT CHECK (subject <> ''),
  asked TEXT CHECK (asked IS NULL OR json_valid(asked))
) STRICT;

CREATE INDEX access_log_of_subject ON access_log (subject, access_no) WHERE subject IS NOT NULL;
CREATE INDEX access_log_at ON access_log (at);

CREATE TRIGGER access_log_is_not_rewritten BEFORE UPDATE ON access_log
BEGIN
  SELECT RAISE(ABORT, 'the access log is not rewritten');
END;

-- Kept by triggers, because counting a million findings for each look at the metrics would stop everything else.
CREATE TABLE finding_counts (
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  findings INTEGER NOT NULL,
  PRIMARY KEY (kind, status)
) STRICT, WITHOUT ROWID;

CREATE TABLE correction_counts (
  status TEXT NOT NULL PRIMARY KEY,
  corrections INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO finding_counts SELECT kind, status, count(*) FROM findings GROUP BY kind, status;
INSERT INTO correction_counts SELECT status, count(*) FROM corrections GROUP BY status;

CREATE TRIGGER findings_count_added AFTER INSERT ON findings
BEGIN
  INSERT INTO finding_counts (kind, status, findings) VALUES (NEW.kind, NEW.status, 1)
  ON CONFLICT DO UPDATE SET findings = findings + 1;
END;

CREATE TRIGGER findings_count_changed AFTER UPDATE OF kind, status ON findings
WHEN NEW.status <> OLD.status OR NEW.kind <> OLD.kind
BEGIN
  UPDATE finding_counts SET findings = findings - 1 WHERE kind = OLD.kind AND status = OLD.status;
  INSERT INTO finding_counts (kind, status, findings) VALUES (NEW.kind, NEW.status, 1)
  ON CONFLICT DO UPDATE SET findings = findings + 1;
END;

CREATE TRIGGER findings_count_removed AFTER DELETE ON findings
BEGIN
  UPDATE finding_counts SET findings = findings - 1 WHERE kind = OLD.kind AND status = OLD.status;
END;

CREATE TRIGGER corrections_count_added AFTER INSERT ON corrections
BEGIN
  INSERT INTO correction_counts (status, corrections) VALUES (NEW.status, 1)
  ON CONFLICT DO UPDATE SET corrections = corrections + 1;
END;

CREATE TRIGGER corrections_count_changed AFTER UPDATE OF status ON corrections
WHEN NEW.status <> OLD.status
BEGIN
  UPDATE correction_counts SET corrections = corrections - 1 WHERE status = OLD.status;
  INSERT INTO correction_counts (status, corrections) VALUES (NEW.status, 1)
  ON CONFLICT DO UPDATE SET corrections = corrections + 1;
END;

CREATE TRIGGER corrections_count_removed AFTER DELETE ON corrections
BEGIN
  UPDATE correction_counts SET corrections = corrections - 1 WHERE status = OLD.status;
END;

-- What an agent has open, and how old the oldest correction is that has not come to its end.
CREATE INDEX findings_unsettled ON findings (agent_no)
  WHERE status IN ('open', 'in_review', 'approved', 'held', 'failed');
CREATE INDEX corrections_unsettled ON corrections (created_at)
  WHERE status IN ('proposed', 'held', 'waiting', 'sending', 'unknown', 'take_back_waiting', 'taking_back',
    'take_back_unknown');
