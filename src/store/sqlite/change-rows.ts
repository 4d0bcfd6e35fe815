import type { Change } from '../../domain/change.ts';
import type { Instant } from '../../domain/instant.ts';
import { fromRow, type Row, toRow } from './nullable.ts';

/** What has a column of its own. */
type Plain = Omit<Change, 'wanted' | 'withPresence' | 'baseline' | 'waitingFor'>;

/** A change as it lies in its table. */
export interface ChangeRow extends Row<Plain> {
  readonly state: Change['wanted']['state'];
  readonly skillGroups: string;
  readonly routingGroups: string;
  readonly withPresence: 0 | 1;
  readonly baselineState: string | null;
  readonly baselineAt: Instant | null;
  readonly waitingFor: string;
}

/** For SELECT; the names are those of `ChangeRow`. */
export const CHANGE_COLUMNS = `c.change_id AS changeId, c.user_id AS userId, c.state, c.skill_groups AS skillGroups,
  c.routing_groups AS routingGroups, c.reason, c.with_presence AS withPresence, c.requested_by AS requestedBy,
  c.requested_at AS requestedAt, c.deadline_at AS deadlineAt, c.status, c.baseline_state AS baselineState,
  c.baseline_at AS baselineAt, c.waiting_for AS waitingFor, c.sendings, c.unanswered_at AS unansweredAt,
  c.superseded_by AS supersededBy, c.updated_at AS updatedAt, c.why`;

export function toChange(row: ChangeRow): Change {
  const { state, skillGroups, routingGroups, withPresence, baselineState, baselineAt, waitingFor, ...plain } =
    row;
  return {
    ...fromRow<Plain>(plain),
    wanted: { state, skillGroups: JSON.parse(skillGroups), routingGroups: JSON.parse(routingGroups) },
    withPresence: withPresence === 1,
    baseline:
      baselineState === null || baselineAt === null
        ? undefined
        : { state: baselineState, updatedAt: baselineAt },
    waitingFor: JSON.parse(waitingFor),
  };
}

export function toChangeRow(change: Change): ChangeRow {
  const { wanted, withPresence, baseline, waitingFor, ...plain } = change;
  return {
    ...toRow<Plain>(plain),
    state: wanted.state,
    skillGroups: JSON.stringify(wanted.skillGroups),
    routingGroups: JSON.stringify(wanted.routingGroups),
    withPresence: withPresence ? 1 : 0,
    baselineState: baseline?.state ?? null,
    baselineAt: baseline?.updatedAt ?? null,
    waitingFor: JSON.stringify(waitingFor),
  };
}
