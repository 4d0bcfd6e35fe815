import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { DriftRow, FindingFilter } from '../usecases/ports.ts';
import {
  FINDING_ORDERS,
  type FindingKey,
  type FindingOrder,
  type FindingPage,
  type ListedFinding,
  type WebStore,
} from '../usecases/web-ports.ts';
import { cursor, writeCursor } from './cursor.ts';
import { Problem } from './problem.ts';

/** An order, and the key of the last row in it. */
const CURSOR = z.tuple([z.enum(FINDING_ORDERS), z.int().min(0)]).rest(z.union([z.string(), z.number()]));
export const findingCursor = cursor(CURSOR);
export type FindingCursor = z.output<typeof CURSOR>;

export interface FindingList {
  readonly rows: readonly DriftRow[];
  /** The cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * A page of findings. One row more than asked for is read, to tell whether another page follows; between two looks
 * into the ledger everybody else has a turn. @throws Problem for a cursor of another order.
 */
export async function listFindings(
  store: Pick<WebStore, 'findingsPage'>,
  filter: FindingFilter,
  order: FindingOrder,
  limit: number,
  after: FindingCursor | undefined,
): Promise<FindingList> {
  const found: ListedFinding[] = [];
  let key: FindingKey | undefined = keyOf(after, order);
  for (;;) {
    const { rows, next }: FindingPage = await store.findingsPage(
      filter,
      order,
      limit + 1 - found.length,
      key,
    );
    found.push(...rows);
    if (found.length > limit || next === undefined) break;
    key = next;
    await setImmediate();
  }
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return {
    rows,
    next: found.length > limit && last !== undefined ? writeCursor([order, ...last.key]) : null,
  };
}

function keyOf(after: FindingCursor | undefined, order: FindingOrder): FindingKey | undefined {
  if (after === undefined) return undefined;
  const [of, ...key] = after;
  if (of === order) return key;
  throw new Problem('invalid_argument', 'The cursor belongs to a list in another order.', {
    errors: [{ field: 'cursor', message: 'belongs to a list in another order; begin again without it' }],
  });
}
