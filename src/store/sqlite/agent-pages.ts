import type Database from 'better-sqlite3';
import type { Instant } from '../../domain/instant.ts';
import type { AgentFilter, AgentOverview, WebStore } from '../../usecases/web-ports.ts';
import { type AgentRow, IN_ROSTER, toAgentRecord } from './agents.ts';
import type { Connection } from './connection.ts';
import { foldedText } from './folded-text.ts';

type OverviewRow = AgentRow & {
  readonly lastAt: Instant | null;
  readonly lastState: string | null;
  readonly openFindings: number;
};

const LAST = `(SELECT max(t.at) FROM transitions t WHERE t.agent_no = a.agent_no)`;

/** The status list is that of the index `findings_unsettled`, word for word. */
const OVERVIEW = `SELECT a.user_id AS userId, a.name, a.team, a.time_zone AS timeZone,
    ${IN_ROSTER} AS inRoster,
    a.watermark, a.reopened_from AS reopenedFrom, a.first_transition_at AS firstTransitionAt,
    a.not_found_since AS notFoundSince, a.retired_at AS retiredAt, ${LAST} AS lastAt,
    (SELECT s.name FROM transitions t JOIN states s ON s.state_no = t.state_no
     WHERE t.agent_no = a.agent_no AND t.at = ${LAST}
     ORDER BY t.received_at DESC, t.sequence DESC LIMIT 1) AS lastState,
    (SELECT count(*) FROM findings f WHERE f.agent_no = a.agent_no
       AND f.status IN ('open', 'in_review', 'approved', 'held', 'failed')) AS openFindings
  FROM agents a`;

/** Reads one agent as lists show them; to be called inside a reading transaction. */
export type ReadOverview = (userId: string) => AgentOverview | undefined;

export function makeOverview(database: Database.Database): ReadOverview {
  const select = database.prepare(`${OVERVIEW} WHERE a.user_id = ?`);
  return (userId) => {
    const row = select.get(userId) as OverviewRow | undefined;
    return row && toOverview(row);
  };
}

/** `folded_text` is called only where there is more than ASCII: it costs several times what `upper` does. */
const isIn = (column: string): string => `instr(
  CASE WHEN octet_length(${column}) > length(${column}) THEN folded_text(${column}) ELSE upper(${column}) END, :search) > 0`;

/** Agents with what a person wants to know first, page by page. */
export function agentPages({
  database,
  ...connection
}: Connection): Pick<WebStore, 'agentsPage' | 'agentById' | 'teams'> {
  // Of this connection alone. Other programs open the file, too: what is stored in the schema may not call it.
  database.function('folded_text', { deterministic: true, directOnly: true }, foldedText);
  const select = database.prepare(
    `${OVERVIEW} WHERE a.user_id > :after
       AND (:teams IS NULL OR a.team IN (SELECT value FROM json_each(:teams)))
       AND (:search IS NULL OR ${isIn('a.user_id')} OR ${isIn('a.name')})
     ORDER BY a.user_id LIMIT :limit`,
  );
  const overview = makeOverview(database);
  const selectTeams = database
    .prepare('SELECT DISTINCT team FROM agents WHERE team IS NOT NULL ORDER BY team')
    .pluck();

  return {
    agentsPage: async (filter, limit, after = '') =>
      connection.read(() =>
        (select.all({ ...bound(filter), limit, after }) as OverviewRow[]).map(toOverview),
      ),
    agentById: async (userId) => connection.read(() => overview(userId)),
    teams: async () => connection.read(() => selectTeams.all() as string[]),
  };
}

function bound({ teams, search }: AgentFilter) {
  return {
    teams: teams === undefined ? null : JSON.stringify(teams),
    search: search === undefined ? null : foldedText(search),
  };
}

function toOverview({ lastAt, lastState, openFindings, ...agent }: OverviewRow): AgentOverview {
  return {
    ...toAgentRecord(agent),
    lastTransition: lastAt === null || lastState === null ? undefined : { at: lastAt, state: lastState },
    openFindings,
  };
}
