import type { HistoryRow } from '../../usecases/ports.ts';
import type { Access, TrailRow, WebStore } from '../../usecases/web-ports.ts';
import type { Connection } from './connection.ts';

type Nullable<T> = {
  readonly [Key in keyof T]: undefined extends T[Key] ? Exclude<T[Key], undefined> | null : T[Key];
};
type AccessRow = Nullable<Omit<Access, 'asked'>> & {
  readonly asked: string | null;
  readonly sequence: number;
};
type ChangeRow = Nullable<HistoryRow> & { readonly sequence: number };

/** Before the first row of a book. */
const START = Number.MAX_SAFE_INTEGER;

/** Who was shown what, and who changed what: two books, read together from the latest back. */
export function trail({ database, ...connection }: Connection): Pick<WebStore, 'trailPage' | 'recordAccess'> {
  const insert = database.prepare(
    `INSERT INTO access_log (at, who, role, what, subject, asked) VALUES (:at, :who, :role, :what, :subject, :asked)`,
  );
  const accesses = `SELECT access_no AS sequence, at, who, role, what, subject, asked FROM access_log
    WHERE access_no < :before`;
  const changes = `SELECT sequence, entity, entity_id AS entityId, at, actor, from_status AS "from",
    to_status AS "to", why FROM history WHERE sequence < :before`;
  const selectAccesses = database.prepare(`${accesses} ORDER BY access_no DESC LIMIT :limit`);
  const selectAccessesOf = database.prepare(
    `${accesses} AND subject = :subject ORDER BY access_no DESC LIMIT :limit`,
  );
  const selectChanges = database.prepare(`${changes} ORDER BY sequence DESC LIMIT :limit`);
  const selectChangesOf = database.prepare(
    `${changes} AND entity IN ('finding', 'correction', 'run') AND entity_id = :subject
     ORDER BY sequence DESC LIMIT :limit`,
  );

  return {
    trailPage: async ({ type, subject }, limit, before = { access: START, change: START }) =>
      connection.read(() => {
        const of = subject === undefined ? {} : { subject };
        const [accessStatement, changeStatement] =
          subject === undefined ? [selectAccesses, selectChanges] : [selectAccessesOf, selectChangesOf];
        const shown =
          type === 'change'
            ? []
            : (accessStatement.all({ ...of, limit, before: before.access }) as AccessRow[]);
        const changed =
          type === 'access'
            ? []
            : (changeStatement.all({ ...of, limit, before: before.change }) as ChangeRow[]);
        return merged(shown.map(toAccess), changed.map(toChange)).slice(0, limit);
      }),
    recordAccess: async ({ subject = null, asked, ...access }) =>
      connection.write(() => {
        insert.run({ ...access, subject, asked: asked === undefined ? null : JSON.stringify(asked) });
      }),
  };
}

/** The later row of either book first; within a book its own order counts, whatever a clock did. */
function merged(shown: readonly TrailRow[], changed: readonly TrailRow[]): TrailRow[] {
  const rows: TrailRow[] = [];
  let a = 0;
  let b = 0;
  while (a < shown.length || b < changed.length) {
    const access = shown[a];
    const change = changed[b];
    if (change === undefined || (access !== undefined && access.at >= change.at)) {
      rows.push(access as TrailRow);
      a++;
    } else {
      rows.push(change);
      b++;
    }
  }
  return rows;
}

function toAccess({ subject, asked, ...row }: AccessRow): TrailRow {
  return {
    type: 'access',
    ...row,
    subject: subject ?? undefined,
    asked: asked === null ? undefined : (JSON.parse(asked) as unknown),
  };
}

function toChange({ from, ...row }: ChangeRow): TrailRow {
  return { type: 'change', ...row, from: from ?? undefined };
}
