import { asc, eq, sql } from '../../../db/drizzle.ts';
import { agents, meta, schedules, shifts } from '../../../db/schema.ts';
import type { AgentRecord, AgentStore } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { fromRow, type Row } from './nullable.ts';

const ROSTER_AT = `(SELECT value FROM meta WHERE key = 'roster_at')`;

/**
 * For SQL about agents, 1 or 0. An agent keeps two marks: the roster that listed it last, and the one before when that
 * was the last complete one. So a roster that breaks off half-way takes nobody in or out.
 */
export const IN_ROSTER = `(${ROSTER_AT} IS NULL OR coalesce(${ROSTER_AT} IN (roster_at, roster_kept_at), 0))`;

export function agentStore({ database, orm, numbers, ...connection }: Connection): AgentStore {
  const upsert = database.prepare(
    `INSERT INTO agents (user_id, vendor_agent_id, username, name, team, time_zone, roster_at)
     VALUES (:userId, :agentId, :username, :name, :team, :timeZone, :rosterAt)
     ON CONFLICT (user_id) DO UPDATE SET
       vendor_agent_id = excluded.vendor_agent_id, username = excluded.username, name = excluded.name,
       team = excluded.team, time_zone = excluded.time_zone,
       roster_kept_at = CASE WHEN roster_at = excluded.roster_at THEN roster_kept_at
         WHEN roster_at = ${ROSTER_AT} THEN roster_at ELSE roster_kept_at END,
       roster_at = excluded.roster_at, retired_at = NULL`,
  );
  const insertShift = orm
    .insert(shifts)
    .values({
      agentNo: sql.placeholder('agentNo'),
      startAt: sql.placeholder('start'),
      shiftId: sql.placeholder('id'),
      endAt: sql.placeholder('end'),
      timeZone: sql.placeholder('timeZone'),
      activities: sql.placeholder('activities'),
    })
    .onConflictDoNothing()
    .prepare();
  const deleteShifts = orm
    .delete(shifts)
    .where(eq(shifts.agentNo, sql.placeholder('agentNo')))
    .prepare();
  const upsertSchedule = orm
    .insert(schedules)
    .values({
      agentNo: sql.placeholder('agentNo'),
      version: sql.placeholder('version'),
      knownFrom: sql.placeholder('knownFrom'),
      knownTo: sql.placeholder('knownTo'),
      fetchedAt: sql.placeholder('fetchedAt'),
    })
    .onConflictDoUpdate({
      target: schedules.agentNo,
      set: {
        version: sql`excluded.version`,
        knownFrom: sql`excluded.known_from`,
        knownTo: sql`excluded.known_to`,
        fetchedAt: sql`excluded.fetched_at`,
      },
    })
    .prepare();

  return {
    saveRosterPage: async (page, at) =>
      connection.write(() => {
        for (const agent of page) {
          const { userId, agentId, username } = agent;
          const { name = null, team = null, timeZone = null } = agent;
          upsert.run({ userId, agentId, username, name, team, timeZone, rosterAt: at });
        }
      }),
    closeRoster: async (at) =>
      connection.write(() => {
        orm
          .insert(meta)
          .values({ key: 'roster_at', value: at })
          .onConflictDoUpdate({ target: meta.key, set: { value: sql`max(excluded.value, ${meta.value})` } })
          .run();
      }),
    listAgents: async ({ after, limit, userIds }) =>
      connection.read(() =>
        orm
          .select({
            userId: agents.userId,
            name: agents.name,
            team: agents.team,
            timeZone: agents.timeZone,
            inRoster: sql<number>`${sql.raw(IN_ROSTER)}`.as('in_roster'),
            watermark: agents.watermark,
            reopenedFrom: agents.reopenedFrom,
            firstTransitionAt: agents.firstTransitionAt,
            notFoundSince: agents.notFoundSince,
            retiredAt: agents.retiredAt,
          })
          .from(agents)
          .where(
            sql`${agents.userId} > ${after ?? ''}${
              userIds &&
              sql` AND ${agents.userId} IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))`
            }`,
          )
          .orderBy(asc(agents.userId))
          .limit(limit)
          .all()
          .map(toAgentRecord),
      ),
    saveSchedule: async (userId, schedule, known, fetchedAt) =>
      connection.write(() => {
        const agentNo = numbers.ofAgent(userId);
        const { version } = schedule;
        upsertSchedule.run({ agentNo, version, knownFrom: known.start, knownTo: known.end, fetchedAt });
        deleteShifts.run({ agentNo });
        for (const shift of schedule.shifts) {
          if (shift.end <= known.start || shift.start >= known.end) continue;
          insertShift.run({ ...shift, agentNo, activities: JSON.stringify(shift.activities) });
        }
      }),
  };
}

/** An agent as it lies in its table, with `IN_ROSTER`. */
export type AgentRow = Row<Omit<AgentRecord, 'inRoster'>> & { readonly inRoster: number };

/** A row of the table as the port gives it; the overview of agents says the same and more. */
export function toAgentRecord({ inRoster, ...row }: AgentRow): AgentRecord {
  return { ...fromRow<Omit<AgentRecord, 'inRoster'>>(row), inRoster: inRoster === 1 };
}
