import type { HistoryRow } from '../../usecases/ports.ts';
import type { Access, TrailCursor, TrailFilter, TrailRow, WebStore } from '../../usecases/web-ports.ts';
import { AUDIT_COLUMNS, type StoredAudit, toAuditRow } from './audit-log.ts';
import type { Connection } from './connection.ts';
import { fromRow, type Row } from './nullable.ts';

type PlainAccess = Omit<Access, 'asked'> & { readonly sequence: number };
type AccessRow = Row<PlainAccess> & { readonly asked: string | null };
type PlainChange = HistoryRow & { readonly sequence: number };

/** One of the books: rows before a place in it, the latest first. */
type Book = (filter: TrailFilter, limit: number, before: number) => readonly TrailRow[];

/** Before the first row of a book. */
const START: TrailCursor = {
  access: Number.MAX_SAFE_INTEGER,
  change: Number.MAX_SAFE_INTEGER,
  decision: Number.MAX_SAFE_INTEGER,
};

/** What was shown to whom, who changed what, and what was decided about agents: books that are read together. */
export function trail(connection: Connection): Pick<WebStore, 'trailPage' | 'recordAccess'> {
  const insert = connection.database.prepare(
    `INSERT INTO access_log (at, who, role, what, subject, asked) VALUES (:at, :who, :role, :what, :subject, :asked)`,
  );
  const access = accesses(connection);
  const change = changes(connection);
  const decision = decisions(connection);
  const books: Readonly<Record<TrailRow['type'], Book>> = { access, change, decision };

  return {
    trailPage: async (filter, limit, before = START) =>
      connection.read(() => {
        const types = typesOf(filter).map((type) => books[type](filter, limit, before[type]));
        return merged(types, limit);
      }),
    recordAccess: async ({ subject = null, asked, ...shown }) =>
      connection.write(() => {
        insert.run({ ...shown, subject, asked: asked === undefined ? null : JSON.stringify(asked) });
      }),
  };
}

/** Only decisions have an event. */
function typesOf({ type, event }: TrailFilter): readonly TrailRow['type'][] {
  const types = ['access', 'change', 'decision'] as const;
  return types.filter(
    (one) => (type === undefined || one === type) && (event === undefined || one === 'decision'),
  );
}

const RANGE = 'at >= :from AND at < :to';

function boundsOf({ from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER }: TrailFilter) {
  return { from, to };
}

function accesses({ database }: Connection): Book {
  const rows = `SELECT access_no AS sequence, at, who, role, what, subject, asked FROM access_log
    WHERE access_no < :before AND ${RANGE}`;
  const all = database.prepare(`${rows} ORDER BY access_no DESC LIMIT :limit`);
  const ofSubject = database.prepare(`${rows} AND subject = :subject ORDER BY access_no DESC LIMIT :limit`);
  return (filter, limit, before) => {
    const { subject } = filter;
    const given = { ...boundsOf(filter), limit, before };
    const found = subject === undefined ? all.all(given) : ofSubject.all({ ...given, subject });
    return (found as AccessRow[]).map(toAccess);
  };
}

function changes({ database }: Connection): Book {
  const rows = `SELECT sequence, entity, entity_id AS entityId, at, actor, from_status AS "from",
    to_status AS "to", why FROM history WHERE sequence < :before AND ${RANGE}`;
  const all = database.prepare(`${rows} ORDER BY sequence DESC LIMIT :limit`);
  const ofSubject = database.prepare(
    `${rows} AND entity IN ('finding', 'correction', 'run') AND entity_id = :subject
     ORDER BY sequence DESC LIMIT :limit`,
  );
  return (filter, limit, before) => {
    const { subject } = filter;
    const given = { ...boundsOf(filter), limit, before };
    const found = subject === undefined ? all.all(given) : ofSubject.all({ ...given, subject });
    return (found as Row<PlainChange>[]).map(toChange);
  };
}

function decisions({ database }: Connection): Book {
  const select = (where: string) =>
    database.prepare(
      `SELECT ${AUDIT_COLUMNS} FROM audit WHERE sequence < :before AND ${RANGE} ${where}
       ORDER BY sequence DESC LIMIT :limit`,
    );
  // An id is a person's or a thing's; whose it is, nobody says.
  const isOf = 'AND (user_id = :subject OR subject = :subject)';
  const isEvent = 'AND event = :event';
  const all = select('');
  const ofEvent = select(isEvent);
  const ofSubject = select(isOf);
  const ofBoth = select(`${isOf} ${isEvent}`);
  return (filter, limit, before) => {
    const { subject, event } = filter;
    const given = {
      ...boundsOf(filter),
      limit,
      before,
      ...(subject !== undefined && { subject }),
      ...(event !== undefined && { event }),
    };
    const ofWhat = event === undefined ? ofSubject : ofBoth;
    const ofAny = event === undefined ? all : ofEvent;
    const found = (subject === undefined ? ofAny : ofWhat).all(given);
    return (found as StoredAudit[]).map(toDecision);
  };
}

/** The latest row of all books first; within a book its own order counts, whatever a clock did. */
function merged(books: readonly (readonly TrailRow[])[], limit: number): TrailRow[] {
  const rows: TrailRow[] = [];
  const next = books.map(() => 0);
  while (rows.length < limit) {
    const heads = books.flatMap((book, i) => {
      const row = book[next[i] as number];
      return row === undefined ? [] : [{ row, i }];
    });
    const [first] = heads.sort((one, other) => other.row.at - one.row.at);
    if (first === undefined) break;
    rows.push(first.row);
    next[first.i]!++;
  }
  return rows;
}

function toAccess({ asked, ...row }: AccessRow): TrailRow {
  return {
    type: 'access',
    ...fromRow<PlainAccess>(row),
    asked: asked === null ? undefined : (JSON.parse(asked) as unknown),
  };
}

function toChange(row: Row<PlainChange>): TrailRow {
  return { type: 'change', ...fromRow<PlainChange>(row) };
}

function toDecision(row: StoredAudit): TrailRow {
  return { type: 'decision', ...toAuditRow(row) };
}
