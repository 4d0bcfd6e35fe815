-- The trail of one change, session or override, whoever's it is.
CREATE INDEX audit_of_subject ON audit (subject, sequence) WHERE subject IS NOT NULL;
