import type { Instant } from '../../domain/instant.ts';
import type { Activity } from '../../domain/shift.ts';
import type { FindingEvidence } from '../../usecases/ports.ts';

/** Rows without names: a finding's evidence is kept for years, and read rarely. */
interface EvidenceRows {
  readonly window: readonly [from: Instant, to: Instant];
  readonly log: readonly (readonly [
    at: Instant,
    state: string,
    receivedAt: Instant,
    sequence: number,
    told: 0 | 1,
    confirmedUntil: Instant | null,
    absentAt: Instant | null,
  ])[];
  readonly report: readonly (readonly [
    start: Instant,
    end: Instant | null,
    state: string,
    durationSeconds: number,
  ])[];
  readonly shifts: readonly (readonly [
    id: string,
    start: Instant,
    end: Instant,
    timeZone: string,
    activities: readonly Activity[],
  ])[];
}

export function toEvidenceJson({ window, log, report, shifts }: FindingEvidence): string {
  const rows: EvidenceRows = {
    window: [window.from, window.to],
    log: log.map(({ at, state, receivedAt, sequence, told, confirmedUntil, absentAt }) => [
      at,
      state,
      receivedAt,
      sequence,
      told ? 1 : 0,
      confirmedUntil ?? null,
      absentAt ?? null,
    ]),
    report: report.map(({ start, end, state, durationSeconds }) => [
      start,
      end ?? null,
      state,
      durationSeconds,
    ]),
    shifts: shifts.map(({ id, start, end, timeZone, activities }) => [id, start, end, timeZone, activities]),
  };
  return JSON.stringify(rows);
}

export function fromEvidenceJson(json: string): FindingEvidence {
  const { window, log, report, shifts } = JSON.parse(json) as EvidenceRows;
  return {
    window: { from: window[0], to: window[1] },
    log: log.map(([at, state, receivedAt, sequence, told, confirmedUntil, absentAt]) => ({
      at,
      state,
      receivedAt,
      sequence,
      told: told === 1,
      confirmedUntil: confirmedUntil ?? undefined,
      absentAt: absentAt ?? undefined,
    })),
    report: report.map(([start, end, state, durationSeconds]) => ({
      start,
      end: end ?? undefined,
      state,
      durationSeconds,
    })),
    shifts: shifts.map(([id, start, end, timeZone, activities]) => ({
      id,
      start,
      end,
      timeZone,
      activities,
    })),
  };
}
