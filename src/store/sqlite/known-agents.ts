import type { Instant } from '../../domain/instant.ts';
import type { DiagnosisStore, KnownAgent } from '../../usecases/ports.ts';
import { IN_ROSTER } from './agents.ts';
import type { Connection } from './connection.ts';
import { fromRow, type Row } from './nullable.ts';

type Plain = Omit<KnownAgent, 'inRoster' | 'lastTransition'>;
type KnownRow = Row<Plain> & {
  readonly inRoster: number;
  readonly lastState: string | null;
  readonly lastAt: Instant | null;
  readonly seenUntil: Instant | null;
};

/** The list of statuses is that of the index `findings_unsettled`. */
const KNOWN = `SELECT a.user_id AS userId, a.vendor_agent_id AS agentId, a.username,
    ${IN_ROSTER} AS inRoster,
    a.retired_at AS retiredAt, a.watermark, s.name AS lastState, t.at AS lastAt, t.confirmed_until AS seenUntil,
    (SELECT count(*) FROM findings f WHERE f.agent_no = a.agent_no
       AND f.status IN ('open', 'in_review', 'approved', 'held', 'failed')) AS openFindings
  FROM agents a
  LEFT JOIN transitions t ON t.agent_no = a.agent_no AND (t.at, t.state_no) = (SELECT l.at, l.state_no
    FROM transitions l WHERE l.agent_no = a.agent_no ORDER BY l.at DESC, l.received_at DESC, l.sequence DESC LIMIT 1)
  LEFT JOIN states s USING (state_no)
  WHERE :id IN (a.user_id, a.vendor_agent_id) OR lower(a.username) = lower(:id) ORDER BY a.user_id`;

/** What is known of one person, by whichever of the three names. */
export function knownAgents({ database, ...connection }: Connection): DiagnosisStore {
  const select = database.prepare(KNOWN);
  return {
    knownAgents: async (id) => connection.read(() => (select.all({ id }) as KnownRow[]).map(toKnown)),
  };
}

function toKnown({ inRoster, lastState, lastAt, seenUntil, ...row }: KnownRow): KnownAgent {
  return {
    ...fromRow<Plain>(row),
    inRoster: inRoster === 1,
    lastTransition:
      lastState === null || lastAt === null
        ? undefined
        : { state: lastState, at: lastAt, seenUntil: seenUntil ?? undefined },
  };
}
