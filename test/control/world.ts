import { type Config, checkConfig, requireVendor } from '../../src/config.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { AgentControl } from '../../src/program/agent-control.ts';
import { Vendor } from '../../src/simulator/vendor.ts';
import type { VendorRequest } from '../../src/simulator/wire.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { PushedEvents, readPushed } from '../../src/usecases/take-webhook.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { stream } from '../simulation/draw.ts';
import { Network } from '../simulation/network.ts';
import { SILENT, SimulatedProcess, type Tamper } from '../simulation/process.ts';

/** A Wednesday; the agents' days are scripted, so that it matters to nobody. */
export const NOW = Date.parse('2025-06-11T09:00:00Z');
export const USERS = ['usr_000001', 'usr_000002'] as const;
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;

export type Ledger = ReturnType<typeof openStore>;

const ADDRESS = 'http://127.0.0.1:1';
const DIGEST = 'a'.repeat(63);
const RULES = { rules: [{ mediaType: 'email', durationSeconds: 75, type: 'system', reasonCode: 'filing' }] };

/** Emails have after-call work by rule; the skills of all channels but email are known. */
function configOf(): Config {
  const checked = checkConfig(
    {
      CXONE_BASE_URL: ADDRESS,
      CXONE_CLIENT_ID: 'client',
      CXONE_CLIENT_SECRET: 'secret',
      HTTP_TOKENS: ['1', '2'].map((last) => `s${last}:supervisor:${DIGEST}${last}`).join('\n'),
      ADHERENCE_SKILL_CHANNELS: 'sk_voice=voice,sk_webchat=webchat',
      ADHERENCE_ACW_RULES: 'rules.json',
    },
    () => JSON.stringify(RULES),
  );
  if ('problems' in checked) throw new Error(checked.problems.join('\n'));
  return checked.config;
}

/** A process of the program: what `worker` and the commands are put together from, on the simulated machine. */
export class ControlProcess {
  readonly machine: SimulatedProcess;
  readonly control: AgentControl;
  readonly pushed: PushedEvents;

  constructor(machine: SimulatedProcess, isGone: (owner: string) => boolean) {
    this.machine = machine;
    const store = machine.store as Ledger;
    const { clock, name } = machine;
    const reopenRule = () => ({ marginMs: 300_000, closedBefore: 0 });
    this.control = new AgentControl({
      config: configOf(),
      log: SILENT,
      clock,
      store,
      owner: { name, isGone },
      openVendor: () => machine.vendor,
      reopenRule,
    });
    this.pushed = new PushedEvents({
      store,
      reopenRule,
      onCommitted: (_counts, committed) => {
        for (const event of committed) this.control.pushed(event);
      },
    });
  }
}

/** A status that left a process, as it left. */
export interface Leaving {
  readonly request: VendorRequest;
  readonly at: Instant;
}

/**
 * A vendor, a network, a database and two processes of the program on it. What is asked of a process goes on by
 * itself; time passes only when it is told to, so that anything can come between any two steps of anything.
 */
export class ControlWorld {
  readonly clock = new VirtualClock(NOW);
  readonly vendor: Vendor;
  readonly network: Network;
  readonly path: string;
  /** What the world, and not a process, does with the database. */
  readonly store: Ledger;
  readonly processes: ControlProcess[];
  readonly left: Leaving[] = [];
  /** What no process may end with. */
  readonly mistakes: unknown[] = [];
  /** The requests that were asked for, by their reason. */
  readonly asked: string[] = [];
  /** Sessions, in the order in which they came. */
  readonly sessions: string[] = [];
  /** Whether the webhook is delivered at all. */
  isTold = true;
  readonly #seed: number;
  readonly #tamper: Tamper | undefined;
  readonly #underWay = new Set<Promise<void>>();
  readonly #dead = new Set<string>();
  #started = 0;

  constructor(seed: number, path: string, tamper?: Tamper) {
    this.#seed = seed;
    this.path = path;
    this.#tamper = tamper;
    const now = () => this.clock.now();
    const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    this.vendor = new Vendor({ seed, agents: USERS.length, clock: now, webhookSecret });
    this.network = new Network(this.clock, this.vendor, stream(seed, 'network'), {
      leaving: (request) => this.left.push({ request, at: now() }),
      answered: () => undefined,
    });
    for (const userId of USERS) this.vendor.script.take(userId);
    this.store = openStore({ path });
    this.processes = [this.#start(), this.#start()];
  }

  /** Has a process do something, and goes on at once. What it throws as an answer to a person is no mistake. */
  begin(place: number, work: (process: ControlProcess) => Promise<unknown>): Promise<boolean> {
    const process = this.#at(place);
    const ending = process.machine
      .perform(() => work(process))
      .then((outcome) => {
        if (outcome.kind === 'failed' && !(outcome.error instanceof ProgramError))
          this.mistakes.push(outcome.error);
        return outcome.kind === 'done';
      });
    const noted = ending.then(() => undefined).finally(() => this.#underWay.delete(noted));
    this.#underWay.add(noted);
    return ending;
  }

  /** A process will die at so many steps from now. */
  doom(place: number, steps: number): void {
    void this.#at(place).machine.meet({ kind: 'crash', atStep: steps });
  }

  /** A process dies now. */
  kill(place: number): void {
    this.#at(place).machine.crash();
  }

  /** Lets time pass; what is due of the webhook arrives, unless nobody is told anything. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    while (this.clock.now() < until) {
      await this.clock.advanceTo(Math.min(until, this.clock.now() + SECOND_MS));
      for (const push of this.vendor.duePushes()) {
        const event = readPushed(JSON.parse(push.body), this.clock.now());
        if (!this.isTold || 'field' in event) continue;
        void this.begin(0, (process) => process.pushed.take(event)).then((isTaken) => {
          if (!isTaken) this.vendor.pushAgain(push);
        });
      }
    }
    await this.clock.advanceTo(until);
  }

  /** Until nothing is under way any more. */
  async finish(): Promise<void> {
    await this.clock.until(this.#finished());
  }

  async close(): Promise<void> {
    for (const { machine } of this.processes) if (!machine.isDead) machine.crash();
    await this.store.close();
  }

  async #finished(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** The process at a place, a new one if the last one there has died. */
  #at(place: number): ControlProcess {
    const process = this.processes[place]!;
    if (!process.machine.isDead) return process;
    this.#dead.add(process.machine.name);
    this.processes[place] = this.#start();
    return this.processes[place]!;
  }

  #start(): ControlProcess {
    this.#started += 1;
    const machine = new SimulatedProcess({
      name: `machine pid ${this.#started} (sim)`,
      path: this.path,
      clock: this.clock,
      skewMs: () => 0,
      random: stream(this.#seed, 'process', this.#started),
      connect: (gate) => this.network.connect(gate),
      settings: requireVendor(configOf()),
      trace: () => undefined,
      tamper: this.#tamper,
    });
    return new ControlProcess(machine, (owner) => this.#dead.has(owner) || this.#hasDied(owner));
  }

  #hasDied(owner: string): boolean {
    return this.processes.some(({ machine }) => machine.name === owner && machine.isDead);
  }
}
