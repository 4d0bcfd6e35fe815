import type { DriftRow } from '../../usecases/ports.ts';
import type { FindingKey, FindingOrder } from '../../usecases/web-ports.ts';

/** One way through the findings, along an index. */
export interface Walk {
  /** The table whose index is walked, and what is joined to it. */
  readonly from: string;
  readonly over: string;
  /** What the index is ordered by: slices are cut here. */
  readonly slicedBy: readonly string[];
  /** What orders the findings that are the same in that. */
  readonly within: readonly string[];
  /** Which part of the table it walks; `true` is all of it. */
  readonly where: string;
  /** How many entries of the index are looked at in one go. */
  readonly slice: number;
  readonly keyOf: (row: DriftRow, findingNo: number) => readonly (string | number)[];
}

/** Each is looked up where it lies: a hundredth of a second, and little beside a page when all of them are wanted. */
const FINDINGS = 1_000;
/** Of each all findings are sorted. */
const AGENTS = 5;

const OF_FINDINGS = {
  from: 'findings f CROSS JOIN agents a ON a.agent_no = f.agent_no',
  over: 'findings f',
  within: [],
  where: 'true',
  slice: FINDINGS,
} as const;

const BY_TIME: Walk = {
  ...OF_FINDINGS,
  slicedBy: ['f.difference_from', 'f.user_id', 'f.finding_id'],
  keyOf: ({ differenceFrom, userId, findingId }) => [differenceFrom, userId, findingId],
};

const BY_DRIFT: Walk = {
  ...OF_FINDINGS,
  slicedBy: ['f.drift_ms', 'f.finding_no'],
  where: 'f.drift_ms IS NOT NULL',
  keyOf: ({ driftMs = 0 }, findingNo) => [driftMs, findingNo],
};

/** What has no drift comes after all that has one, in either direction. */
const WITHOUT_DRIFT: Walk = {
  ...OF_FINDINGS,
  slicedBy: ['f.finding_no'],
  where: 'f.drift_ms IS NULL',
  keyOf: (_row, findingNo) => [findingNo],
};

const BY_MISREPORTED: Walk = {
  ...OF_FINDINGS,
  slicedBy: ['f.difference_ms', 'f.finding_no'],
  keyOf: ({ differenceMs }, findingNo) => [differenceMs, findingNo],
};

const BY_AGENT: Walk = {
  from: 'agents a CROSS JOIN findings f ON f.agent_no = a.agent_no',
  over: 'agents a',
  slicedBy: ['coalesce(a.name, a.user_id) COLLATE NOCASE', 'a.user_id'],
  within: ['f.difference_from', 'f.finding_no'],
  where: 'true',
  slice: AGENTS,
  keyOf: ({ agentName, userId, differenceFrom }, findingNo) => [
    agentName ?? userId,
    userId,
    differenceFrom,
    findingNo,
  ],
};

interface Way {
  readonly walks: readonly Walk[];
  readonly direction: 'ASC' | 'DESC';
}

/** Each order as walks one after the other. */
export const WAYS: Readonly<Record<FindingOrder, Way>> = {
  oldest: { walks: [BY_TIME], direction: 'ASC' },
  newest: { walks: [BY_TIME], direction: 'DESC' },
  drift_up: { walks: [BY_DRIFT, WITHOUT_DRIFT], direction: 'ASC' },
  drift_down: { walks: [BY_DRIFT, WITHOUT_DRIFT], direction: 'DESC' },
  misreported_up: { walks: [BY_MISREPORTED], direction: 'ASC' },
  misreported_down: { walks: [BY_MISREPORTED], direction: 'DESC' },
  agent_up: { walks: [BY_AGENT], direction: 'ASC' },
  agent_down: { walks: [BY_AGENT], direction: 'DESC' },
};

/** `(a, b) > (?, ?)`, or its reverse; `undefined` where nothing is asked. */
export function beyond(
  columns: readonly string[],
  { direction }: Way,
  how: 'after' | 'upTo',
): string | undefined {
  if (columns.length === 0) return undefined;
  const operator = { ASC: { after: '>', upTo: '<=' }, DESC: { after: '<', upTo: '>=' } }[direction][how];
  return `(${columns.join(', ')}) ${operator} (${columns.map(() => '?').join(', ')})`;
}

/** The number of a walk and where in it; from its beginning where there is nothing else. */
export function readKey(key: FindingKey | undefined): { walk: number; at: readonly (string | number)[] } {
  const [walk = 0, ...at] = key ?? [];
  return { walk: Number(walk), at };
}
