/**
 * What may go of changing agents' states; what is not settled stays, however old it is. The conditions are those of
 * the indexes, word for word.
 */

/** With the event log. */
export const CONTROL_EVENT_STATEMENTS = [
  `DELETE FROM sessions WHERE session_id IN (
     SELECT session_id FROM sessions WHERE state = 'ended' AND heard_at < :before LIMIT :limit)`,
  `DELETE FROM session_troubles WHERE user_id IN (
     SELECT user_id FROM session_troubles WHERE since < :before LIMIT :limit)`,
  `DELETE FROM changes WHERE change_no IN (
     SELECT change_no FROM changes WHERE status NOT IN ('queued', 'applying') AND changed_at < :before LIMIT :limit)`,
  `DELETE FROM acw_contracts WHERE session_id IN (
     SELECT session_id FROM acw_contracts
     WHERE status NOT IN ('sending', 'unknown', 'running') AND changed_at < :before LIMIT :limit)`,
  `DELETE FROM escalations WHERE escalation_no IN (
     SELECT escalation_no FROM escalations WHERE status <> 'waiting' AND created_at < :before LIMIT :limit)`,
];

/** With what is kept for audits. */
export const CONTROL_AUDIT_STATEMENTS = [
  `DELETE FROM overrides WHERE override_no IN (
     SELECT override_no FROM overrides
     WHERE status NOT IN ('requested', 'executing', 'unknown') AND changed_at < :before LIMIT :limit)`,
  `DELETE FROM audit WHERE sequence IN (SELECT sequence FROM audit WHERE at < :before LIMIT :limit)`,
];
