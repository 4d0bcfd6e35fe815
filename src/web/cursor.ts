import { z } from 'zod';

/** Where a page ended, as an opaque text: the key of its last row. */
export function writeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Reads a cursor back; what is none, or one of another list, is a fault of the request. */
export function cursor<Key extends z.ZodType>(key: Key) {
  return z
    .string()
    .max(2_000)
    .meta({ description: '`next` of the page before; opaque.' })
    .transform((text, context): z.output<Key> => {
      const read = key.safeParse(parse(text));
      if (read.success) return read.data;
      context.addIssue('is not a cursor of this list; take it from `next` as it stands');
      return z.NEVER;
    })
    .optional();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * One row more than asked for is read, to tell whether another page follows.
 * @returns the rows to show, and the cursor of the next page; null on the last.
 */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  keyOf: (last: Row) => readonly (string | number)[],
): { readonly rows: readonly Row[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null;
  return { rows: shown, next };
}
