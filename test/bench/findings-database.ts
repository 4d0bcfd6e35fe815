/** A ledger full of findings, written by SQL; who would judge a million of them to measure an export? */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { openStore } from '../../src/store/sqlite/store.ts';

const AGENTS = 10_000;
const FIRST_AT = Date.UTC(2026, 2, 2);
const SPAN_MS = 10 * 86_400_000;
/** Of each ten findings seven are corrected, as with ordinary drift. */
const CORRECTED_OF_TEN = 7;
const STATES = ['available', 'ringing', 'talking', 'acw', 'busy', 'break'] as const;

export async function makeFindings(count: number, path: string): Promise<void> {
  await openStore({ path }).close();
  const database = new Database(path);
  // Thrown away after the bench: nothing of it need survive a crash.
  for (const pragma of [
    'journal_mode = OFF',
    'synchronous = OFF',
    'foreign_keys = OFF',
    'cache_size = -400000',
  ]) {
    database.pragma(pragma);
  }
  database.transaction(() => {
    insertAgents(database);
    insertFindings(database, count);
  })();
  database.pragma('journal_mode = WAL');
  database.exec('ANALYZE');
  database.close();
}

function insertAgents(database: Database.Database): void {
  const insert = database.prepare(
    'INSERT INTO agents (agent_no, user_id, vendor_agent_id, username, name, team, time_zone) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  for (const { index, userId, agentId, username, name, team, timeZone } of new ContactCentre(1, AGENTS).users(
    0,
    AGENTS,
  )) {
    insert.run(index + 1, userId, agentId, username, name, team, timeZone);
  }
}

/** In order of time, agents mixed; one in fifty lies at a shift's edge. */
function insertFindings(database: Database.Database, count: number): void {
  const insert = database.prepare(
    `INSERT INTO findings (finding_id, agent_no, user_id, kind, group_name, instant, status, pieces, logged_at,
       reported_at, logged_state, reported_state, drift_ms, difference_from, difference_to, difference_ms,
       shift_id, shift_edge, shift_edge_at, shift_offset_ms, run_id, detected_at, changed_at)
     VALUES (:id, :agentNo, :userId, 'boundary_drift', 'pair', :at, :status, :pieces, :at, :end, :state, :state,
       :driftMs, :at, :end, :driftMs, :shiftId, :edge, :edgeAt, :offsetMs, :runId, :detectedAt, :detectedAt)`,
  );
  const correct = correctionWriter(database);
  for (let n = 0; n < count; n++) {
    const agentNo = ((n * 7919) % AGENTS) + 1;
    const at = FIRST_AT + Math.floor((n / count) * SPAN_MS);
    const driftMs = 2_001 + ((n * 31) % 2_000);
    const state = STATES[n % STATES.length] as string;
    const before = STATES[(n + 1) % STATES.length] as string;
    const isCorrected = n % 10 < CORRECTED_OF_TEN;
    const isAtEdge = n % 50 === 9;
    const id = `fnd_${createHash('md5').update(String(n)).digest('hex').slice(0, 24)}`;
    const end = at + driftMs;
    insert.run({
      id,
      agentNo,
      userId: `usr_${String(agentNo).padStart(6, '0')}`,
      at,
      end,
      driftMs,
      state,
      status: isCorrected ? 'corrected' : 'in_review',
      pieces: JSON.stringify([[at, end, state, before]]),
      shiftId: isAtEdge ? `shf_${agentNo}_20516` : null,
      edge: isAtEdge ? 'start' : null,
      edgeAt: isAtEdge ? at - 5_000 : null,
      offsetMs: isAtEdge ? 5_000 : null,
      runId: 1 + Math.floor((n / count) * 960),
      detectedAt: at + 1_200_000,
    });
    if (isCorrected) correct({ id, agentNo, at, end, state });
  }
}

interface Corrected {
  readonly id: string;
  readonly agentNo: number;
  readonly at: number;
  readonly end: number;
  readonly state: string;
}

function correctionWriter(database: Database.Database): (finding: Corrected) => void {
  const insert = database.prepare(
    `INSERT INTO corrections (correction_id, agent_no, finding_id, run_id, start_at, end_at, state, status,
       idempotency_key, body, vendor_id, first_sent_at, attempts, last_fence, created_at, updated_at)
     VALUES ('cor_' || :key, :agentNo, :id, 1, :at, :end, :state, 'delivered', 'adh-' || :key, '{}', 'adj_' || :key,
       :end, 1, 1, :end, :end)`,
  );
  return (finding) => {
    insert.run({ ...finding, key: finding.id.slice(4) });
  };
}
