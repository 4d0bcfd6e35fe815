import Database from 'better-sqlite3';
import type { Instant, Interval } from '../../../src/domain/instant.ts';
import type { LogEntry } from '../../../src/domain/transition.ts';

export interface CorrectionNote extends Interval {
  readonly correctionId: string;
  readonly key: string;
  readonly userId: string;
  readonly status: string;
  readonly vendorId: string | null;
  readonly runStatus: string | null;
}

export interface FindingNote {
  readonly findingId: string;
  readonly userId: string;
  readonly kind: string;
  readonly status: string;
  readonly pieces: readonly Interval[];
  /** A person or the vendor has once said no to it. */
  readonly wasRefused: boolean;
}

interface HistoryNote {
  readonly entity: string;
  readonly entityId: string;
  readonly actor: string;
  readonly from: string | null;
  readonly to: string;
}

/** The database as an auditor reads it: plain SQL on the file, nothing of the program. */
export class Notebook {
  readonly #database: Database.Database;
  readonly #sent: Database.Statement;

  constructor(path: string) {
    this.#database = new Database(path, { readonly: true });
    this.#sent = this.#database.prepare(
      `SELECT c.status, (SELECT CASE WHEN r.reason LIKE 'set aside%' THEN 'set aside' ELSE r.status END
           FROM runs r WHERE r.run_id = c.run_id) AS runStatus,
         (SELECT count(*) FROM attempts a WHERE a.correction_no = c.correction_no) AS attempts
       FROM corrections c WHERE c.idempotency_key = ?`,
    );
  }

  close(): void {
    this.#database.close();
  }

  /** What is committed about a correction at this very moment. */
  correctionOf(key: string): { status: string; runStatus: string | null; attempts: number } | undefined {
    return this.#sent.get(key) as { status: string; runStatus: string | null; attempts: number } | undefined;
  }

  corrections(): CorrectionNote[] {
    return this.#all(
      `SELECT c.correction_id AS correctionId, c.idempotency_key AS key, a.user_id AS userId, c.status,
         c.vendor_id AS vendorId, c.start_at AS start, c.end_at AS end,
         (SELECT status FROM runs r WHERE r.run_id = c.run_id) AS runStatus
       FROM corrections c JOIN agents a ON a.agent_no = c.agent_no ORDER BY c.correction_no`,
    ) as CorrectionNote[];
  }

  /** Findings that reach beyond an instant. */
  findingsSince(since: Instant): FindingNote[] {
    const rows = this.#all(
      `SELECT f.finding_id AS findingId, f.user_id AS userId, f.kind, f.status, f.pieces,
         EXISTS (SELECT 1 FROM history h WHERE h.entity = 'finding' AND h.entity_id = f.finding_id
           AND h.to_status IN ('dismissed', 'failed')) AS wasRefused
       FROM findings f WHERE f.difference_to > ?`,
      since,
    ) as (Omit<FindingNote, 'pieces' | 'wasRefused'> & { pieces: string; wasRefused: number })[];
    return rows.map((row) => {
      const pieces = JSON.parse(row.pieces) as [number, number][];
      return {
        ...row,
        pieces: pieces.map(([start, end]) => ({ start, end })),
        wasRefused: row.wasRefused === 1,
      };
    });
  }

  /** The keys of a finding's corrections that a person is asked to take back. */
  keysAskedBack(findingId: string): string[] {
    const rows = this.#all(
      'SELECT idempotency_key AS key FROM corrections WHERE finding_id = ? AND take_back_asked = 1',
      findingId,
    ) as { key: string }[];
    return rows.map(({ key }) => key);
  }

  /** The same, of the findings that a run holds. */
  keysAskedBackByRun(runId: number): string[] {
    const rows = this.#all(
      `SELECT c.idempotency_key AS key FROM corrections c JOIN findings f ON f.finding_id = c.finding_id
       WHERE f.held_by_run = ? AND c.take_back_asked = 1`,
      runId,
    ) as { key: string }[];
    return rows.map(({ key }) => key);
  }

  logOf(userId: string): LogEntry[] {
    const rows = this.#all(
      `SELECT t.at, s.name AS state, t.received_at AS receivedAt, t.sequence, t.told,
         t.confirmed_until AS confirmedUntil, t.absent_at AS absentAt
       FROM transitions t JOIN states s ON s.state_no = t.state_no
       JOIN agents a ON a.agent_no = t.agent_no WHERE a.user_id = ? ORDER BY t.at`,
      userId,
    ) as (Omit<LogEntry, 'told' | 'confirmedUntil' | 'absentAt'> & {
      told: number;
      confirmedUntil: Instant | null;
      absentAt: Instant | null;
    })[];
    return rows.map((row) => ({
      ...row,
      told: row.told === 1,
      confirmedUntil: row.confirmedUntil ?? undefined,
      absentAt: row.absentAt ?? undefined,
    }));
  }

  watermarkOf(userId: string): Instant | undefined {
    const rows = this.#all('SELECT watermark FROM agents WHERE user_id = ?', userId) as {
      watermark: Instant | null;
    }[];
    return rows[0]?.watermark ?? undefined;
  }

  history(): HistoryNote[] {
    return this.#all(
      `SELECT entity, entity_id AS entityId, actor, from_status AS "from", to_status AS "to" FROM history
       ORDER BY entity, entity_id, sequence`,
    ) as HistoryNote[];
  }

  /** The status of all that has one, by entity and id. */
  statuses(): Map<string, string> {
    const rows = this.#all(
      `SELECT 'finding ' || finding_id AS id, status FROM findings
       UNION ALL SELECT 'correction ' || correction_id, status FROM corrections
       UNION ALL SELECT 'run ' || run_id, status FROM runs`,
    ) as { id: string; status: string }[];
    return new Map(rows.map(({ id, status }) => [id, status]));
  }

  /** All that only the holder of the run lock may change, as one text. */
  ledgerDigest(): string {
    return JSON.stringify([
      this.#all('SELECT count(*), max(sequence) FROM history'),
      this.#all('SELECT attempt_id, ended_at FROM attempts'),
      this.#all('SELECT correction_id, status, not_before, attempts FROM corrections'),
      this.#all('SELECT run_id, status, windows, agents_judged FROM runs'),
      this.#all('SELECT agent_no, watermark, not_found_since, retired_at FROM agents'),
      this.#all('SELECT name, owner, fence FROM leases'),
    ]);
  }

  isWhole(): boolean {
    return this.#database.pragma('integrity_check', { simple: true }) === 'ok';
  }

  #all(sql: string, ...values: readonly (string | number)[]): unknown[] {
    return this.#database.prepare(sql).all(...values);
  }
}
