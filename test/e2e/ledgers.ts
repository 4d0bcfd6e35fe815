import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { Simulator } from '../../src/simulator/server.ts';
import { agentIds, type Environment } from '../cli/support.ts';

/* Our ledger and the vendor's, read past the program and held against each other. */

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly state: string;
}

/** Rows of a query on the program's database. */
export function rowsOf<T>(env: Environment, sql: string, ...values: unknown[]): T[] {
  const database = new Database(env.ADHERENCE_DB, { readonly: true });
  try {
    return database.prepare(sql).all(...values) as T[];
  } finally {
    database.close();
  }
}

export interface AgentRow {
  readonly userId: string;
  readonly watermark: number | null;
  readonly retiredAt: number | null;
}

export function agentsOf(env: Environment): Map<string, AgentRow> {
  const rows = rowsOf<AgentRow>(
    env,
    'SELECT user_id AS userId, watermark, retired_at AS retiredAt FROM agents ORDER BY user_id',
  );
  return new Map(rows.map((row) => [row.userId, row]));
}

/** What the findings that count as corrected claim of an agent, touching time of one state joined. */
export function claimsOf(env: Environment, userId: string): Span[] {
  const pieces = rowsOf<{ pieces: string }>(
    env,
    `SELECT pieces FROM findings WHERE user_id = ? AND status = 'corrected'`,
    userId,
  ).flatMap(({ pieces: text }) => JSON.parse(text) as [number, number, string | null][]);
  return joined(pieces.flatMap(([start, end, state]) => (state === null ? [] : [{ start, end, state }])));
}

/** What the vendor holds of an agent; fails when any time is claimed twice. */
export function inForce(simulator: Simulator, userId: string): Span[] {
  const spans = simulator.vendor.ledger
    .inForce(userId)
    .map(({ start, end, state }) => ({ start, end, state }))
    .sort((a, b) => a.start - b.start);
  for (const [index, span] of spans.entries()) {
    expect(span.end).toBeGreaterThan(span.start);
    if (index > 0) expect(span.start, `${userId} twice`).toBeGreaterThanOrEqual(spans[index - 1]!.end);
  }
  return joined(spans);
}

/** Every claim was applied once, and nothing else. @returns how many adjustments there are. */
export function expectLedgersAgree(simulator: Simulator, env: Environment): number {
  for (const userId of agentIds(simulator)) {
    expect(inForce(simulator, userId), userId).toEqual(claimsOf(env, userId));
  }
  const { ledger } = simulator.vendor;
  expect(ledger.counts.of('key_reused')).toBe(0);
  expect(ledger.counts.of('applied')).toBe(ledger.adjustments.length);
  return ledger.adjustments.length;
}

export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && last.end === span.start && last.state === span.state) {
      result[result.length - 1] = { ...last, end: span.end };
    } else result.push(span);
  }
  return result;
}

/** All that the database holds, table by table. */
export function contentOf(env: Environment): Record<string, unknown[]> {
  const tables = rowsOf<{ name: string }>(env, `SELECT name FROM sqlite_schema WHERE type = 'table'`);
  return Object.fromEntries(tables.map(({ name }) => [name, rowsOf(env, `SELECT * FROM "${name}"`)]));
}
