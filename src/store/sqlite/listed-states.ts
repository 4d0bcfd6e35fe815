import type { Instant } from '../../domain/instant.ts';
import type { ListMember, StatesListStore } from '../../usecases/ports.ts';
import { IN_ROSTER } from './agents.ts';
import type { Connection } from './connection.ts';

interface MemberRow {
  readonly userId: string;
  readonly agentId: string | null;
  readonly type: string | null;
  readonly name: string | null;
  readonly at: Instant | null;
  readonly readAt: Instant | null;
}

const MEMBERS = `SELECT a.user_id AS userId, a.vendor_agent_id AS agentId, l.type, l.name, l.at, l.read_at AS readAt
  FROM agents a LEFT JOIN listed_states l USING (agent_no) WHERE ${IN_ROSTER} ORDER BY a.user_id`;

/** What is remembered of the vendor's list of agents' states. */
export function statesListStore({ database, numbers, ...connection }: Connection): StatesListStore {
  const select = database.prepare(MEMBERS);
  const selectMeta = database.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const setMeta = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const upsert = database.prepare(
    `INSERT INTO listed_states (agent_no, type, name, at, read_at) VALUES (:agentNo, :type, :name, :at, :readAt)
     ON CONFLICT (agent_no) DO UPDATE SET type = excluded.type, name = excluded.name, at = excluded.at,
       read_at = excluded.read_at`,
  );
  const forget = database.prepare('DELETE FROM listed_states WHERE agent_no = ?');

  return {
    lastStatesList: async () =>
      connection.read(() => {
        const at = selectMeta.get('states_list_at') as Instant | undefined;
        const agents = selectMeta.get('states_list_agents') as number | undefined;
        return at === undefined || agents === undefined ? undefined : { at, agents };
      }),
    listMembers: async () => connection.read(() => (select.all() as MemberRow[]).map(toMember)),
    saveStatesList: async (list, read) =>
      connection.write(() => {
        setMeta.run('states_list_at', list.at);
        setMeta.run('states_list_agents', list.agents);
        for (const { userId, entry, readAt } of read) {
          const agentNo = numbers.ofAgent(userId);
          const { type = null, name = null, at = null } = entry ?? {};
          if (readAt === undefined) forget.run(agentNo);
          else upsert.run({ agentNo, type, name, at, readAt });
        }
      }),
  };
}

function toMember({ userId, agentId, type, name, at, readAt }: MemberRow): ListMember {
  const entry = type === null || name === null || at === null ? undefined : { type, name, at };
  return {
    userId,
    agentId: agentId ?? undefined,
    before: readAt === null ? undefined : { entry, readAt },
  };
}
