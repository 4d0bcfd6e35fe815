/** A row whose columns are the fields of `T`, with NULL where a field is `undefined`. */
export type Row<T> = {
  readonly [Key in keyof T]: undefined extends T[Key] ? Exclude<T[Key], undefined> | null : T[Key];
};

/** What the row holds, with `undefined` for every NULL. */
export function fromRow<T extends object>(row: Row<T>): T {
  const value = { ...row } as Record<string, unknown>;
  for (const key of Object.keys(value)) value[key] ??= undefined;
  return value as T;
}

/** The row to bind, with NULL for every `undefined`, which cannot be bound. */
export function toRow<T extends object>(value: T): Row<T> {
  const row = { ...value } as Record<string, unknown>;
  for (const key of Object.keys(row)) row[key] ??= null;
  return row as Row<T>;
}
