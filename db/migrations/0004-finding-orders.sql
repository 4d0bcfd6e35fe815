-- The other orders in which people list findings. The rowid behind each entry tells equal ones apart.
CREATE INDEX findings_by_drift ON findings (drift_ms);
CREATE INDEX findings_by_misreported ON findings (difference_ms);
CREATE INDEX agents_by_name ON agents (coalesce(name, user_id) COLLATE NOCASE, user_id);
