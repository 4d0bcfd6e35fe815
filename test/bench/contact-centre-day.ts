/** A simulated contact centre whose afternoon is judged cycle by cycle, with all that takes part in it. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant, Interval } from '../../src/domain/instant.ts';
import type { Transition } from '../../src/domain/transition.ts';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/usecases/ports.ts';
import type { CycleAnswer, CycleOrder } from './cycle-process.ts';
import { PROGRAM_OPTIONS, Worker } from './processes.ts';
import type { SimulatorAnswer, SimulatorOrder } from './simulator-process.ts';

export const CONCURRENCY = 32;
const SEED = 1;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
export const CYCLE_MS = 15 * MINUTE_MS;
export const MARGIN_MS = 5 * MINUTE_MS;
/** A Wednesday afternoon in Europe. */
const FIRST_CYCLE: Instant = Date.UTC(2026, 2, 4, 13);
/** As many as one agent's reports of the afternoon touch: all are kept, so that their number costs nothing. */
const DAYS_PER_AGENT = 3;
const BATCH = 10_000;
const MEMORY_FOLDER = '/dev/shm';

export class ContactCentreDay {
  readonly agents: number;
  readonly simulator: Worker<SimulatorOrder, SimulatorAnswer>;
  readonly program: Worker<CycleOrder, CycleAnswer>;
  #now = FIRST_CYCLE;

  private constructor(
    agents: number,
    simulator: Worker<SimulatorOrder, SimulatorAnswer>,
    program: Worker<CycleOrder, CycleAnswer>,
  ) {
    this.agents = agents;
    this.simulator = simulator;
    this.program = program;
  }

  /**
   * Fills a log with the afternoon, makes everybody's shifts known, and judges the first window.
   * @param path of the database, which must not be there yet
   */
  static async open(agents: number, cycles: number, path: string): Promise<ContactCentreDay> {
    await inMemory(path, (scratch) => fillLog(agents, cycles, scratch));
    const simulator = await Worker.start<SimulatorOrder, SimulatorAnswer>(
      'simulator-process.ts',
      [SEED, agents, agents * DAYS_PER_AGENT],
      ['--max-old-space-size=12000'],
    );
    const program = await Worker.start<CycleOrder, CycleAnswer>(
      'cycle-process.ts',
      [simulator.hello, path, CONCURRENCY],
      PROGRAM_OPTIONS,
    );
    const day = new ContactCentreDay(agents, simulator, program);
    await day.#judge();
    return day;
  }

  get now(): Instant {
    return this.#now;
  }

  /** Moves the clocks to the next quarter hour. */
  async advance(): Promise<void> {
    this.#now += CYCLE_MS;
    await this.simulator.ask({ now: this.#now });
  }

  /** Judges what is due now, and holds it to have judged every agent's window with one call each. */
  async cycle(): Promise<CycleAnswer> {
    const before = await this.simulator.ask({ now: this.#now });
    const answer = await this.#judge();
    const after = await this.simulator.ask({ now: this.#now });
    const reports = (after['GET report'] ?? 0) - (before['GET report'] ?? 0);
    const schedules = (after['GET schedule'] ?? 0) - (before['GET schedule'] ?? 0);
    if (answer.judged !== this.agents || answer.windows !== this.agents) {
      throw new Error(`${answer.judged} of ${this.agents} agents were judged, ${answer.windows} windows.`);
    }
    if (reports !== this.agents || schedules !== 0) {
      throw new Error(
        `${reports} reports and ${schedules} schedules were fetched for ${this.agents} agents.`,
      );
    }
    return answer;
  }

  async close(): Promise<void> {
    await this.program.stop();
    await this.simulator.stop();
  }

  async #judge(): Promise<CycleAnswer> {
    await this.simulator.ask({ now: this.#now });
    return this.program.ask({ now: this.#now });
  }
}

/** Makes a file where forcing it to the disk costs nothing, where there is such a place, then puts it in place. */
async function inMemory(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const folder = existsSync(MEMORY_FOLDER) ? mkdtempSync(join(MEMORY_FOLDER, 'adherence-bench-')) : undefined;
  if (folder === undefined) return make(path);
  try {
    const scratch = join(folder, 'ledger.db');
    await make(scratch);
    copyFileSync(scratch, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The engine's transitions of the afternoon, also of what is yet to come: nobody looks at those. */
async function fillLog(agents: number, cycles: number, path: string): Promise<void> {
  const centre = new ContactCentre(SEED, agents);
  const store = openStore({ path });
  const from = FIRST_CYCLE - MARGIN_MS - CYCLE_MS;
  const to = FIRST_CYCLE + (cycles + 1) * CYCLE_MS;
  await logTruth(store, centre, { start: from, end: to });
  await saveShifts(centre, store);
  await store.close();
}

/** What the engine would have told of everybody in a time, with the state it began in. */
export async function logTruth(
  store: Store,
  centre: ContactCentre,
  { start: from, end: to }: Interval,
): Promise<void> {
  const reopen = { marginMs: MARGIN_MS, closedBefore: 0 };
  let batch: Transition[] = [];
  for (let index = 0; index < centre.agents; index++) {
    for (const user of centre.users(index, index + 1)) {
      const { state, at } = centre.current(user, from);
      batch.push(told(user.userId, state, at));
      for (const one of centre.truth(user, from + 1, to)) batch.push(told(user.userId, one.state, one.at));
    }
    if (batch.length < BATCH && index < centre.agents - 1) continue;
    await store.recordTransitions(batch, reopen);
    batch = [];
  }
}

/** As if they had been read an hour ago. */
async function saveShifts(centre: ContactCentre, store: Store): Promise<void> {
  const known = { start: FIRST_CYCLE - DAY_MS / 2, end: FIRST_CYCLE + DAY_MS };
  for (const user of centre.users(0, centre.agents)) {
    const schedule = { version: 1, shifts: centre.shifts(user, known.start, known.end) };
    await store.saveSchedule(user.userId, schedule, known, FIRST_CYCLE - DAY_MS / 24);
  }
}

function told(userId: string, state: string, at: Instant): Transition {
  return { userId, state, at, receivedAt: at + 500, source: 'import' };
}
