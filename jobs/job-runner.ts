import cron, { type ScheduledTask } from 'node-cron';
import { type Program, ProgramError, type SlotFate } from '../src/program.ts';
import type { Job } from './schedule.ts';
import { hasSeconds, slotsBetween } from './slots.ts';

/**
 * node-cron drops a slot that it wakes for later than this. A late slot is as good as a punctual one here, and
 * the gap to the next slot bounds it anyway, so that none runs twice.
 */
const TOLERANCE_MS = 600_000;

type ScheduledJob = Job & { readonly cron: string };

/**
 * Runs one job on its schedule. Every slot that passes is in the ledger with its fate; those that passed while
 * the worker was down or the job was busy are caught up by one run. Watches have no ledger.
 */
export class JobRunner {
  readonly #job: ScheduledJob;
  readonly #program: Program;
  readonly #signal: AbortSignal;
  readonly #task: ScheduledTask;
  #underWay: Promise<void> | undefined;
  #passedWhileBusy: number[] = [];

  constructor(job: ScheduledJob, program: Program, signal: AbortSignal) {
    this.#job = job;
    this.#program = program;
    this.#signal = signal;
    this.#task = cron.createTask(job.cron, ({ date }) => this.#onSlot(date.getTime()), {
      name: job.name,
      // Local zones lose slots when clocks change.
      timezone: 'UTC',
      missedExecutionTolerance: TOLERANCE_MS,
    });
  }

  /** Starts the schedule, and catches up at once when slots have passed since the ledger's last one. */
  async start(): Promise<void> {
    const passed = await this.#missed();
    await this.#task.start();
    if (passed.length > 0) this.#begin(passed, 'caught_up');
  }

  async #missed(): Promise<readonly number[]> {
    const { clock, store } = this.#program;
    const now = clock.now();
    const last = this.#job.isWatch === true ? undefined : await store.lastSlot(this.#job.name);
    if (last === undefined) return [];
    return slotsBetween((at) => this.#task.match(at), last, now, hasSeconds(this.#job.cron));
  }

  get name(): string {
    return this.#job.name;
  }

  /** Name and schedule, for the log. */
  get words(): string {
    return `${this.#job.name} ${this.#job.cron}`;
  }

  /** When its schedule has its next slot; unknown before it has started. */
  nextSlot(): number | undefined {
    return this.#task.getNextRun()?.getTime();
  }

  /** No new runs; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    await this.#task.destroy();
    this.#passedWhileBusy = [];
    await this.#underWay;
  }

  #onSlot(slot: number): void {
    if (this.#underWay === undefined) this.#begin([slot], 'ran');
    else this.#passedWhileBusy.push(slot);
  }

  #begin(slots: readonly number[], fate: SlotFate): void {
    this.#underWay = this.#run(slots, fate).finally(() => {
      this.#underWay = undefined;
      const passed = this.#passedWhileBusy;
      this.#passedWhileBusy = [];
      if (passed.length > 0 && !this.#signal.aborted) this.#begin(passed, 'caught_up');
    });
  }

  async #run(slots: readonly number[], fate: SlotFate): Promise<void> {
    const { log } = this.#program;
    const ended = await this.#attempt(fate);
    if (this.#job.isWatch === true) return;
    try {
      await this.#program.store.recordSlots(this.#job.name, slots, ended, this.#program.clock.now());
    } catch (err) {
      log.error({ err, job: this.#job.name }, 'the slot ledger could not be written');
    }
  }

  async #attempt(fate: SlotFate): Promise<SlotFate> {
    const { log } = this.#program;
    const { name: job } = this.#job;
    try {
      await this.#job.run(this.#program, this.#signal);
      return fate;
    } catch (err) {
      if (this.#signal.aborted) return 'failed';
      if (err instanceof ProgramError && err.code === 'lock_held') {
        log.warn({ err, job }, 'another run is under way; the next slot catches up');
        return 'busy';
      }
      log.error({ err, job }, 'job failed; the next slot tries again');
      return 'failed';
    }
  }
}
