import { setImmediate } from 'node:timers/promises';
import { FINDING_KINDS, type FindingKind } from '../../domain/finding.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import type { DriftRow, FindingFilter } from '../../usecases/ports.ts';
import type { FindingKey, FindingPage, WebStore } from '../../usecases/web-ports.ts';

const HOUR_MS = 3_600_000;
const PAGE = 2_000;

/** More findings than this are no overview but a download; the page says so. */
export const MOST_COUNTED = 50_000;

export interface AgentSum {
  readonly userId: string;
  readonly name: string | undefined;
  readonly team: string | undefined;
  readonly findings: number;
  readonly misreportedMs: number;
}

/** Findings added up for a person to look at. */
export interface FindingTally {
  readonly counted: number;
  /** There are more, older ones that were not counted. */
  readonly isCut: boolean;
  readonly ofKind: ReadonlyMap<FindingKind, number>;
  /** Kinds that there were, in the order of the domain. */
  readonly hours: readonly {
    readonly hour: Instant;
    readonly kind: FindingKind;
    readonly findings: number;
  }[];
  readonly driftsMs: readonly number[];
  readonly misreportedMs: number;
  /** Those with most misreported time first. */
  readonly agents: readonly AgentSum[];
}

/**
 * As much of a time as can be counted while somebody waits: on a very busy day its latest whole hours. What is shown,
 * and what is downloaded, is then that much and no more.
 * @param most findings that are counted at all
 */
export async function tallyLatest(
  store: Pick<WebStore, 'findingsPage'>,
  range: Interval,
  most: number = MOST_COUNTED,
): Promise<{ readonly tally: FindingTally; readonly shown: Interval }> {
  const tally = await tallyFindings(store, { from: range.start, to: range.end }, most);
  const start = tally.hours[0]?.hour;
  if (!tally.isCut || start === undefined) return { tally, shown: range };
  const shown = { start: start + HOUR_MS, end: range.end };
  return { tally: await tallyFindings(store, { from: shown.start, to: shown.end }, most), shown };
}

/**
 * Adds up page by page, the newest first; between two pages everybody else has a turn, since the whole of it may take
 * a second on a busy day.
 */
async function tallyFindings(
  store: Pick<WebStore, 'findingsPage'>,
  filter: FindingFilter,
  most: number,
): Promise<FindingTally> {
  const hours = new Map<string, { hour: Instant; kind: FindingKind; findings: number }>();
  const ofKind = new Map<FindingKind, number>();
  const agents = new Map<string, AgentSum>();
  const driftsMs: number[] = [];
  let misreportedMs = 0;
  let counted = 0;
  let after: FindingKey | undefined;

  function add(row: DriftRow): void {
    const { kind, userId, agentName: name, team, differenceMs } = row;
    const hour = Math.floor(row.differenceFrom / HOUR_MS) * HOUR_MS;
    const key = `${hour} ${kind}`;
    hours.set(key, { hour, kind, findings: (hours.get(key)?.findings ?? 0) + 1 });
    ofKind.set(kind, (ofKind.get(kind) ?? 0) + 1);
    if (row.driftMs !== undefined) driftsMs.push(row.driftMs);
    misreportedMs += differenceMs;
    const sum = agents.get(userId);
    agents.set(userId, {
      userId,
      name,
      team,
      findings: (sum?.findings ?? 0) + 1,
      misreportedMs: (sum?.misreportedMs ?? 0) + differenceMs,
    });
  }

  for (;;) {
    const { rows, next }: FindingPage = await store.findingsPage(filter, 'newest', PAGE, after);
    for (const row of rows) add(row);
    counted += rows.length;
    after = next;
    if (after === undefined || counted >= most) break;
    await setImmediate();
  }
  return {
    counted,
    isCut: after !== undefined,
    ofKind: new Map(
      FINDING_KINDS.flatMap((kind) => (ofKind.has(kind) ? [[kind, ofKind.get(kind) as number]] : [])),
    ),
    hours: [...hours.values()].sort((a, b) => a.hour - b.hour),
    driftsMs,
    misreportedMs,
    agents: [...agents.values()].sort(
      (a, b) => b.misreportedMs - a.misreportedMs || (a.userId < b.userId ? -1 : 1),
    ),
  };
}
