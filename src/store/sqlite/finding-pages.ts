import type Database from 'better-sqlite3';
import type { DriftCursor } from '../../usecases/ports.ts';
import type { Order, WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';
import { DRIFT_COLUMNS, type DriftColumns, queryOf, toDriftRow } from './drift.ts';

const KEY = ['f.difference_from', 'f.user_id', 'f.finding_id'] as const;

/** Pages of findings from either end, by the index that the export reads by. */
export function findingPages({ database, ...connection }: Connection): Pick<WebStore, 'findingsPage'> {
  const statements = new Map<string, Database.Statement<unknown[]>>();

  function prepared(where: string, order: Order): Database.Statement<unknown[]> {
    const direction = order === 'oldest' ? 'ASC' : 'DESC';
    const sql = `SELECT ${DRIFT_COLUMNS} FROM findings f JOIN agents a ON a.agent_no = f.agent_no WHERE ${where}
      ORDER BY ${KEY.map((column) => `${column} ${direction}`).join(', ')} LIMIT ?`;
    const statement = statements.get(sql) ?? database.prepare<unknown[]>(sql).raw();
    statements.set(sql, statement);
    return statement;
  }

  return {
    findingsPage: async (filter, order, limit, after) =>
      connection.read(() => {
        const { where, values } = queryOf(filter, undefined);
        const beyond =
          after === undefined ? [] : [`(${KEY.join(', ')}) ${order === 'oldest' ? '>' : '<'} (?, ?, ?)`];
        const statement = prepared([where, ...beyond].join(' AND '), order);
        const rows = statement.all(...values, ...keyOf(after), limit) as DriftColumns[];
        return rows.map(toDriftRow);
      }),
  };
}

function keyOf(cursor: DriftCursor | undefined): (string | number)[] {
  return cursor === undefined ? [] : [cursor.differenceFrom, cursor.userId, cursor.findingId];
}
