import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readConfig } from '../../../src/config.ts';
import type { Role } from '../../../src/domain/role.ts';
import { createLog } from '../../../src/log.ts';
import { Program, startHttp } from '../../../src/program.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts';
import { transitionsNdjson } from '../../../src/simulator/transitions-file.ts';
import type { DriftRow, FindingFilter } from '../../../src/usecases/ports.ts';
import { listFindings } from '../../../src/web/finding-list.ts';

export type { Role };

/* The whole service over loopback on the simulator's day, for tests that look at it from outside. */

/** Within five days every agent has worked, whatever the weekday and the hour of the test. */
const JUDGED_HOURS = 120;
const BEFORE_HOURS = 4;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export const TOKENS: Readonly<Record<Role, string>> = {
  analyst: 'analyst-token-of-the-tests',
  ops: 'ops-token-of-the-tests',
  supervisor: 'supervisor-token-of-the-tests',
};

export interface House {
  readonly url: string;
  readonly program: Program;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly agents?: number;
  readonly seed?: number;
  /** Left empty: nothing imported, nothing judged. */
  readonly isEmpty?: boolean;
  readonly nextRunAt?: () => number;
}

export async function openHouse({
  agents = 4,
  seed = 1,
  isEmpty = false,
  nextRunAt,
}: HouseOptions = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'adherence-pages-'));
  const simulator = await startSimulator({ port: 0, agents, seed });
  const config = readConfig({
    ADHERENCE_DB: join(folder, 'adherence.db'),
    ADHERENCE_REPORT_DIR: folder,
    ADHERENCE_BACKFILL_HOURS: String(JUDGED_HOURS),
    CXONE_BASE_URL: simulator.url,
    CXONE_CLIENT_ID: 'client',
    CXONE_CLIENT_SECRET: 'secret',
    CXONE_MAX_REQUESTS_PER_SECOND: '1000',
    HTTP_PORT: '0',
    HTTP_TOKENS: Object.entries(TOKENS)
      .map(([role, token]) => `${role}:${role}:${createHash('sha256').update(token).digest('hex')}`)
      .join('\n'),
    LOG_LEVEL: 'error',
  });
  const program = new Program(config, createLog({ level: config.logLevel, secrets: config.secrets }));
  if (!isEmpty) await fill(program, simulator);
  const http = await startHttp(program, { ...(nextRunAt && { nextRunAt }) });
  return {
    url: http.url,
    program,
    simulator,
    async close() {
      await http.close();
      await program.close();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(program: Program, { vendor }: Simulator): Promise<void> {
  const to = program.clock.now();
  const lines = transitionsNdjson(vendor.centre, to - (JUDGED_HOURS + BEFORE_HOURS) * HOUR_MS, to);
  await program.import(Readable.from(lines, { objectMode: false }), 'ndjson');
  await program.collect();
  await program.run({ trigger: 'cron', from: undefined, to: undefined, agents: undefined });
}

/** The latest findings that are like that. */
export async function findingsOf(
  { program }: House,
  filter: FindingFilter,
  count = 1,
): Promise<readonly DriftRow[]> {
  const { rows } = await listFindings(program.store, filter, 'newest', count, undefined);
  return rows;
}

/** The latest corrected drift beside which a minute to both sides shows no other finding of its agent. */
export async function loneDrift(house: House): Promise<DriftRow> {
  const corrected = { kinds: ['boundary_drift'], statuses: ['corrected'] } as const;
  for (const drift of await findingsOf(house, corrected, 100)) {
    const { userId, differenceFrom, differenceTo } = drift;
    const around = { start: differenceFrom - MINUTE_MS, end: differenceTo + MINUTE_MS };
    const timeline = await house.program.store.agentTimeline(userId, around);
    if (timeline?.findings.length === 1) return drift;
  }
  throw new Error('Each of the latest drifts has another finding beside it.');
}

/** As a browser asks once it knows name and password. */
export function basic(role: Role): Record<string, string> {
  return {
    authorization: `Basic ${Buffer.from(`${role}:${TOKENS[role]}`).toString('base64')}`,
    accept: 'text/html',
  };
}
