import type { FindingFilter } from '../../usecases/ports.ts';
import type {
  FindingKey,
  FindingOrder,
  FindingPage,
  ListedFinding,
  WebStore,
} from '../../usecases/web-ports.ts';
import { cachedStatements } from './cached-statements.ts';
import type { Connection } from './connection.ts';
import { DRIFT_COLUMNS, type DriftColumns, queryOf, toDriftRow } from './drift.ts';
import { beyond, readKey, WAYS, type Walk } from './finding-orders.ts';

type Bound = readonly (string | number)[];
type NumberedRow = readonly [findingNo: number, ...DriftColumns];

/** So few agents' findings are read and sorted at once, which is faster than any walk. */
const MOST_AGENTS_AT_ONCE = 50;

/** Pages of findings in every order, each read along an index and only so far at once that nobody waits for it. */
export function findingPages({ database, ...connection }: Connection): Pick<WebStore, 'findingsPage'> {
  const prepared = cachedStatements(database);

  /** The last key of the slice that begins after `at`; `undefined` when the walk ends in it. */
  function endOfSlice(order: FindingOrder, walk: Walk, at: Bound): Bound | undefined {
    const way = WAYS[order];
    const start = at.slice(0, walk.slicedBy.length);
    const where = [walk.where, beyond(walk.slicedBy.slice(0, start.length), way, 'after')].filter(isThere);
    const sql = `SELECT ${walk.slicedBy.join(', ')} FROM ${walk.over} WHERE ${where.join(' AND ')}
      ORDER BY ${inOrder(walk.slicedBy, way.direction)} LIMIT 1 OFFSET ${walk.slice - 1}`;
    return prepared(sql).get(...start) as Bound | undefined;
  }

  function rowsOf(
    order: FindingOrder,
    walk: Walk,
    filter: FindingFilter,
    at: Bound,
    end: Bound | undefined,
    limit: number,
  ): NumberedRow[] {
    const way = WAYS[order];
    const columns = [...walk.slicedBy, ...walk.within];
    const after = at.slice(0, columns.length);
    const { where, values } = queryOf(filter, undefined);
    const parts = [
      where,
      walk.where,
      beyond(columns.slice(0, after.length), way, 'after'),
      end && beyond(walk.slicedBy, way, 'upTo'),
    ];
    const sql = `SELECT f.finding_no, ${DRIFT_COLUMNS} FROM ${isOfFew(filter) ? OF_FEW : walk.from}
      WHERE ${parts.filter(isThere).join(' AND ')} ORDER BY ${inOrder(columns, way.direction)} LIMIT ?`;
    const few = isOfFew(filter) ? [JSON.stringify(filter.userIds)] : [];
    return prepared(sql).all(...few, ...values, ...after, ...(end ?? []), limit) as NumberedRow[];
  }

  return {
    findingsPage: async (filter, order, limit, after) =>
      connection.read((): FindingPage => {
        const { walk: number, at } = readKey(after);
        const { walks } = WAYS[order];
        const walk = walks[number];
        if (walk === undefined) return { rows: [], next: undefined };
        const end = isOfFew(filter) ? undefined : endOfSlice(order, walk, at);
        const rows = rowsOf(order, walk, filter, at, end, limit).map((row) => listed(row, number, walk));
        if (rows.length === limit) return { rows, next: rows.at(-1)?.key };
        if (end !== undefined) return { rows, next: [number, ...end] };
        return { rows, next: number + 1 < walks.length ? [number + 1] : undefined };
      }),
  };
}

const OF_FEW = `(SELECT * FROM agents WHERE user_id IN (SELECT value FROM json_each(?))) a
  CROSS JOIN findings f ON f.agent_no = a.agent_no`;

function isOfFew({ userIds }: FindingFilter): boolean {
  return userIds !== undefined && userIds.length <= MOST_AGENTS_AT_ONCE;
}

function inOrder(columns: readonly string[], direction: 'ASC' | 'DESC'): string {
  return columns.map((column) => `${column} ${direction}`).join(', ');
}

function listed([findingNo, ...columns]: NumberedRow, number: number, { keyOf }: Walk): ListedFinding {
  const found = toDriftRow(columns);
  const key: FindingKey = [number, ...keyOf(found, findingNo)];
  return { ...found, key };
}

function isThere(part: string | undefined): part is string {
  return part !== undefined;
}
