import type { FindingOrder } from '../../usecases/web-ports.ts';
import { type Html, html } from './html.ts';
import type { Head } from './layout.ts';

/** What people call the orders, for the form. */
export const ORDER_WORDS: Readonly<Record<FindingOrder, string>> = {
  newest: 'newest first',
  oldest: 'oldest first',
  drift_down: 'drift, late first',
  drift_up: 'drift, early first',
  misreported_down: 'most misreported first',
  misreported_up: 'least misreported first',
  agent_up: 'agent, A to Z',
  agent_down: 'agent, Z to A',
};

interface Column {
  readonly up: FindingOrder;
  readonly down: FindingOrder;
  readonly first: FindingOrder;
  readonly isNumber: boolean;
}

/** The columns that can be sorted by: both their orders, and the one to begin with. */
const COLUMNS = {
  Agent: { up: 'agent_up', down: 'agent_down', first: 'agent_up', isNumber: false },
  When: { up: 'oldest', down: 'newest', first: 'newest', isNumber: false },
  Drift: { up: 'drift_up', down: 'drift_down', first: 'drift_down', isNumber: true },
  Misreported: {
    up: 'misreported_up',
    down: 'misreported_down',
    first: 'misreported_down',
    isNumber: true,
  },
} as const satisfies Readonly<Record<string, Column>>;

export type SortableColumn = keyof typeof COLUMNS;

/** A list's order, and the address of the same list in another. */
export interface Sorting {
  readonly order: FindingOrder;
  readonly addressOf: (order: FindingOrder) => string;
}

/** The head of a column as a link that sorts by it; once more, the other way round. */
export function sortHead(column: SortableColumn, { order, addressOf }: Sorting): Head {
  const { up, down, first, isNumber } = COLUMNS[column];
  const sorted = order === up ? 'ascending' : order === down ? 'descending' : undefined;
  const next = sorted === undefined ? first : order === up ? down : up;
  const name: Html = html`<a class="sort" href="${addressOf(next)}" title="Sort: ${ORDER_WORDS[next]}">${column} <span aria-hidden="true">${arrowOf(sorted)}</span></a>`;
  return { name, isNumber, sorted };
}

function arrowOf(sorted: Head['sorted']): string {
  if (sorted === undefined) return '↕';
  return sorted === 'ascending' ? '↑' : '↓';
}
