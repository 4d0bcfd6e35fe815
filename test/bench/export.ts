/** Exporting a million findings against the `sqlite3` shell's `-csv` on the same query. */
import { join } from 'node:path';
import type { ExportAnswer } from './export-process.ts';
import { makeFindings } from './findings-database.ts';
import { interleaved, median } from './measure.ts';
import { PROGRAM_OPTIONS, Worker } from './processes.ts';
import { runShell, shellVersion } from './sqlite-shell.ts';
import { quantity, type Row } from './verdict.ts';

const FINDINGS = 1_000_000;
const LEAST_SHARE = 1 / 6;
const MOST_MB = 150;

/**
 * The joins, the order and 27 columns of the export; local times, which SQLite cannot tell, are the instants
 * again, and the rank of the worst correction comes with their number.
 */
const QUERY = `
SELECT f.finding_id, f.user_id, a.name, a.team, f.kind, f.status, f.logged_state, f.reported_state, f.logged_at,
  f.reported_at, f.drift_ms, f.difference_from, f.difference_to, f.difference_ms, f.shift_id, f.shift_edge,
  f.shift_edge_at, f.shift_offset_ms,
  (SELECT count(*) * 16 + coalesce(min(CASE status WHEN 'refused' THEN 0 WHEN 'unknown' THEN 1 WHEN 'held' THEN 2
     WHEN 'waiting' THEN 3 WHEN 'sending' THEN 4 WHEN 'delivered' THEN 5 ELSE 6 END), 0)
   FROM corrections c WHERE c.finding_id = f.finding_id) AS corrections,
  '', f.reviewed_by, f.review_note, f.run_id, f.detected_at, a.time_zone, f.logged_at, f.reported_at
FROM findings f JOIN agents a ON a.agent_no = f.agent_no
WHERE f.status <> 'resolved' ORDER BY f.difference_from, f.user_id, f.finding_id;
`;

export async function benchExport(folder: string): Promise<Row[]> {
  const version = shellVersion();
  const path = join(folder, 'export.db');
  await makeFindings(FINDINGS, path);
  const peaks: number[] = [];
  const rounds = await interleaved({
    async export() {
      const worker = await Worker.start<string, ExportAnswer>('export-process.ts', [path], PROGRAM_OPTIONS);
      const answer = await worker.ask(join(folder, 'drift.csv'));
      await worker.stop();
      peaks.push(answer.peakMb);
      return answer.ms;
    },
    shell: () => runShell(['-csv', path], QUERY, join(folder, 'shell.csv')),
  });
  const speed = (of: 'export' | 'shell'): string =>
    quantity((FINDINGS / rounds.medianMs(of)) * 1000, 'rows/s');
  return [
    {
      bench: 'export',
      what: 'rows/s of the export / of the shell',
      measured: rounds.ratio('shell', 'export'),
      bound: { atLeast: LEAST_SHARE },
      unit: '',
      note: `${speed('export')}, ${version} ${speed('shell')}; 27 columns`,
    },
    {
      bench: 'export',
      what: 'peak memory',
      measured: median(peaks),
      bound: { atMost: MOST_MB },
      unit: 'MB',
      note: 'largest resident set of the exporting process',
    },
  ];
}
