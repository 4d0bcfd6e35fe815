import type Database from 'better-sqlite3';
import { subtract } from '../../domain/claims.ts';
import type { Instant, Interval } from '../../domain/instant.ts';
import type { ReportInterval } from '../../domain/report.ts';
import type { Window } from '../../domain/window.ts';
import type { ReportPiece } from '../../usecases/web-ports.ts';
import type { Numbers } from './numbers.ts';

/** `[state number, start, end]`, counted from the window's start. */
type StoredPiece = [stateNo: number, startMs: number, endMs: number];

interface WindowRow {
  readonly from: Instant;
  readonly to: Instant;
  readonly seenAt: Instant;
  readonly pieces: string;
}

export interface SeenReport {
  readonly pieces: readonly ReportPiece[];
  readonly seen: readonly (Interval & { readonly seenAt: Instant })[];
}

export interface ReportWindows {
  /** Keeps what a window saw of the report, in place of what the same window saw before. */
  write(
    agentNo: number,
    window: Window,
    report: readonly ReportInterval[],
    runId: number,
    now: Instant,
  ): void;
  /** The report over a range as it was last seen: of two windows that saw the same time, the later look counts. */
  read(agentNo: number, range: Interval): SeenReport;
}

/** No window is longer (ADHERENCE_MAX_WINDOW_SECONDS), so none that began before this reaches into a range. */
const LONGEST_WINDOW_MS = 604_800_000;

export function makeReportWindows(database: Database.Database, numbers: Numbers): ReportWindows {
  const upsert = database.prepare(
    `INSERT INTO report_windows (agent_no, from_at, to_at, seen_at, run_id, pieces) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, run_id = excluded.run_id, pieces = excluded.pieces`,
  );
  const select = database.prepare(
    `SELECT from_at AS "from", to_at AS "to", seen_at AS seenAt, pieces FROM report_windows
     WHERE agent_no = ? AND from_at < ? AND from_at >= ? AND to_at > ? ORDER BY seen_at, run_id, from_at`,
  );

  return {
    write(agentNo, { from, to }, report, runId, now) {
      // Written by hand: this is done for each window of each agent.
      let pieces = '';
      for (const { start, end, state } of report) {
        const first = Math.max(start, from);
        const last = Math.min(end ?? to, to);
        if (first >= last) continue;
        const comma = pieces === '' ? '' : ',';
        pieces += `${comma}[${numbers.ofState(state)},${first - from},${last - from}]`;
      }
      upsert.run(agentNo, from, to, now, runId, `[${pieces}]`);
    },
    read(agentNo, range) {
      const { start, end } = range;
      const rows = select.all(agentNo, end, start - LONGEST_WINDOW_MS, start) as WindowRow[];
      let pieces: ReportPiece[] = [];
      let seen: (Interval & { seenAt: Instant })[] = [];
      for (const row of rows) {
        const window = clip({ start: row.from, end: row.to }, range);
        if (window === undefined) continue;
        pieces = [...pieces.flatMap((piece) => subtract(piece, window)), ...piecesOf(row, window)];
        seen = [...seen.flatMap((part) => subtract(part, window)), { ...window, seenAt: row.seenAt }];
      }
      return { pieces: joined(pieces), seen: seen.sort((a, b) => a.start - b.start) };
    },
  };

  function piecesOf(row: WindowRow, window: Interval): ReportPiece[] {
    return (JSON.parse(row.pieces) as StoredPiece[]).flatMap(([stateNo, startMs, endMs]) => {
      const part = clip({ start: row.from + startMs, end: row.from + endMs }, window);
      return part === undefined ? [] : [{ ...part, state: numbers.nameOfState(stateNo) }];
    });
  }
}

function clip({ start, end }: Interval, to: Interval): Interval | undefined {
  const clipped = { start: Math.max(start, to.start), end: Math.min(end, to.end) };
  return clipped.start < clipped.end ? clipped : undefined;
}

/** In order of time; what windows have cut is whole again. */
function joined(pieces: readonly ReportPiece[]): ReportPiece[] {
  const whole: ReportPiece[] = [];
  const lastOfState = new Map<string, number>();
  for (const piece of [...pieces].sort((a, b) => a.start - b.start)) {
    const index = lastOfState.get(piece.state);
    const last = index === undefined ? undefined : whole[index];
    if (last !== undefined && index !== undefined && last.end === piece.start) {
      whole[index] = { ...last, end: piece.end };
    } else {
      lastOfState.set(piece.state, whole.push(piece) - 1);
    }
  }
  return whole;
}
