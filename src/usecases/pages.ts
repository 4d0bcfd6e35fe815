/**
 * Rows in the order of their keys, page by page as they are wanted; nothing stays open between two pages.
 * @param read lists up to `limit` rows behind a key; fewer mean that there are no more.
 */
export async function* pagesOf<Row, Key>(
  limit: number,
  read: (limit: number, after?: Key) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): AsyncGenerator<readonly Row[]> {
  for (let after: Key | undefined; ; ) {
    const page = await read(limit, after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < limit) return;
    after = keyOf(last);
  }
}
