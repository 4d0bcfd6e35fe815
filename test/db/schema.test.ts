import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import * as schema from '../../db/schema.ts';

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

const database = new Database(':memory:');
migrate(database);

const tables = Object.values(schema)
  .filter((table) => is(table, SQLiteTable))
  .map((table) => getTableConfig(table));

describe('the schema that drizzle sees', () => {
  it('has the tables of the migrations, no more and no fewer', () => {
    const migrated = database
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
      )
      .pluck()
      .all();
    expect([...tables.map(({ name }) => name), 'migrations'].toSorted()).toEqual(migrated);
  });

  it.each(tables.map((table) => [table.name, table] as const))('has the columns of %s', (name, table) => {
    const keys = table.primaryKeys.flatMap(({ columns }) => columns.map((column) => column.name));
    const seen = table.columns.map((column) => [
      column.name,
      column.getSQLType().toUpperCase(),
      column.notNull || column.primary,
      column.primary || keys.includes(column.name),
      column.hasDefault && !column.primary,
    ]);
    const migrated = (database.pragma(`table_info(${name})`) as ColumnInfo[]).map((column) => [
      column.name,
      column.type,
      column.notnull === 1,
      column.pk > 0,
      column.dflt_value !== null,
    ]);
    expect(seen).toEqual(migrated);
  });

  it.each(tables.map((table) => [table.name, table] as const))(
    'refers from %s as the migrations do',
    (name, table) => {
      const seen = table.foreignKeys.map((key) => {
        const { columns, foreignTable, foreignColumns } = key.reference();
        const pairs = columns.map((column, index) => `${column.name} -> ${foreignColumns[index]?.name}`);
        return `${getTableConfig(foreignTable).name}: ${pairs.join(', ')}`;
      });
      const rows = database.pragma(`foreign_key_list(${name})`) as {
        id: number;
        table: string;
        from: string;
        to: string;
        on_delete: string;
      }[];
      const migrated = [...Map.groupBy(rows, ({ id }) => id).values()].map(
        (key) => `${key[0]?.table}: ${key.map(({ from, to }) => `${from} -> ${to}`).join(', ')}`,
      );
      expect(seen.toSorted()).toEqual(migrated.toSorted());
      expect(rows.every((row) => row.on_delete === 'NO ACTION')).toBe(true);
    },
  );
});
