import type Database from 'better-sqlite3';

/** Prepares every statement once, however often its text is put together; rows come as arrays. */
export function cachedStatements(database: Database.Database) {
  const statements = new Map<string, Database.Statement<unknown[]>>();
  return (sql: string): Database.Statement<unknown[]> => {
    const statement = statements.get(sql) ?? database.prepare<unknown[]>(sql).raw();
    statements.set(sql, statement);
    return statement;
  };
}
