import type { Dispatcher } from 'undici';
import { type OpenVendor, openVendor, type VendorSettings } from '../../src/cxone/vendor.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Clock, Log, RosterAgent, Store } from '../../src/usecases/ports.ts';
import type { VirtualClock } from './clock.ts';
import type { Random } from './draw.ts';

/** What befalls a process, and at which of its steps, counted from when it was told. */
export interface Fate {
  readonly kind: 'crash' | 'stop';
  readonly atStep: number;
}

/** How a process turned out after something was asked of it. */
export type Ending<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' };

export interface ProcessDeps {
  readonly name: string;
  readonly path: string;
  readonly clock: VirtualClock;
  /** What the machine's clock shows beside the true time. */
  readonly skewMs: () => number;
  readonly random: Random;
  readonly connect: (gate: (what: string) => Promise<void>) => Dispatcher;
  readonly settings: VendorSettings;
  readonly trace: (line: string) => void;
  /** Spoils the process for tests of the checker. */
  readonly tamper?: Tamper | undefined;
}

/** Puts something else in place of a process's store and vendor. */
export type Tamper = (parts: { store: Store; vendor: OpenVendor; path: string }) => {
  store: Store;
  vendor: OpenVendor;
};

export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * A process of the program on the simulated machine: the real store on the real file, the real vendor client. Each
 * call of the store, the vendor, the network and the clock is a step before it takes effect and another one after it,
 * before its answer is seen; at each of them the process can crash, or stand still for a while.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly store: Store;
  readonly vendor: OpenVendor;
  readonly clock: Clock;
  /** The store without steps: what the world, not this process, does with the file. */
  readonly rawStore: Store;
  steps = 0;
  readonly #deps: ProcessDeps;
  readonly #died = Promise.withResolvers<void>();
  #fate: Fate | undefined;
  #isDead = false;
  #standing: PromiseWithResolvers<void> | undefined;
  #onStop: (() => void) | undefined;

  constructor(deps: ProcessDeps) {
    this.#deps = deps;
    this.name = deps.name;
    this.rawStore = openStore({ path: deps.path });
    this.clock = this.#makeClock();
    const raw = openVendor(deps.settings, {
      clock: this.clock,
      log: SILENT,
      random: deps.random,
      dispatcher: deps.connect((what) => this.#pass(what)),
    });
    const spoilt = deps.tamper?.({ store: this.rawStore, vendor: raw, path: deps.path });
    this.store = this.#steppedStore(spoilt?.store ?? this.rawStore);
    this.vendor = this.#steppedVendor(spoilt?.vendor ?? raw);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isStanding(): boolean {
    return this.#standing !== undefined;
  }

  /** Resolves when the fate `stop` has come. */
  meet(fate: Fate | undefined): Promise<void> {
    this.#fate = fate;
    this.steps = 0;
    return new Promise((resolve) => {
      this.#onStop = resolve;
    });
  }

  /** Does something as this process; a crash ends the waiting. */
  async perform<T>(work: () => Promise<T>): Promise<Ending<T>> {
    const ended = work().then(
      (value): Ending<T> => ({ kind: 'done', value }),
      (error: unknown): Ending<T> => ({ kind: 'failed', error }),
    );
    return Promise.race([ended, this.#died.promise.then((): Ending<T> => ({ kind: 'crashed' }))]);
  }

  /** Dies here and now; what it has not done by now it never does. */
  crash(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#deps.trace(`${this.name} crashes`);
    void this.rawStore.close();
    this.#died.resolve();
  }

  /** Goes on after having stood still. */
  wake(): void {
    this.#deps.trace(`${this.name} wakes`);
    this.#standing?.resolve();
    this.#standing = undefined;
  }

  /** Ends as it should. */
  async end(): Promise<void> {
    if (this.#isDead) return;
    await this.vendor.close();
    await this.rawStore.close();
    this.#isDead = true;
  }

  /** A step: the process passes it, waits at it, or never gets beyond. */
  async #pass(what: string): Promise<void> {
    if (this.#isDead) return forever();
    this.steps += 1;
    this.#deps.trace(`${this.name} ${this.steps} ${what}`);
    if (this.#fate?.atStep === this.steps) {
      const { kind } = this.#fate;
      this.#fate = undefined;
      if (kind === 'crash') {
        this.crash();
        return forever();
      }
      this.#deps.trace(`${this.name} stands still`);
      this.#standing = Promise.withResolvers();
      this.#onStop?.();
    }
    while (this.#standing !== undefined) await this.#standing.promise;
    if (this.#isDead) return forever();
  }

  async #step<T>(what: string, work: () => Promise<T>): Promise<T> {
    await this.#pass(`before ${what}`);
    try {
      const result = await work();
      await this.#pass(`after ${what}`);
      return result;
    } catch (error) {
      await this.#pass(`failed ${what}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  #makeClock(): Clock {
    const { clock, skewMs } = this.#deps;
    return {
      now: () => clock.now() + skewMs(),
      sleep: (ms, signal) =>
        this.#step('sleep', () => {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          if (signal?.aborted) {
            reject(signal.reason);
            return promise;
          }
          let isOver = false;
          const onAbort = (): void => {
            isOver = true;
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', onAbort, { once: true });
          const wake = (): void => {
            isOver = true;
            signal?.removeEventListener('abort', onAbort);
            resolve();
          };
          clock.at(clock.now() + Math.max(0, ms), wake, () => isOver);
          return promise;
        }),
      timeoutSignal: (ms) => clock.timeoutSignal(ms),
    };
  }

  #steppedStore(store: Store): Store {
    const { clock } = this.#deps;
    return new Proxy(store, {
      get: (target, name, receiver) => {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.#step(String(name), () => {
            const answer = method.apply(target, args) as Promise<unknown>;
            // A copy of the database is made on another thread.
            return name === 'backup' ? clock.elsewhere(answer) : answer;
          });
      },
    });
  }

  #steppedVendor(vendor: OpenVendor): OpenVendor {
    const step = <T>(what: string, work: () => Promise<T>): Promise<T> => this.#step(what, work);
    return {
      ...vendor,
      roster: (signal) => this.#pages(vendor.roster(signal)),
      agentStatus: (...args) => step('agentStatus', () => vendor.agentStatus(...args)),
      report: (...args) => step('report', () => vendor.report(...args)),
      schedule: (...args) => step('schedule', () => vendor.schedule(...args)),
      sendAdjustment: (...args) => step('sendAdjustment', () => vendor.sendAdjustment(...args)),
      findAdjustment: (...args) => step('findAdjustment', () => vendor.findAdjustment(...args)),
      takeBackAdjustment: (...args) => step('takeBackAdjustment', () => vendor.takeBackAdjustment(...args)),
    };
  }

  async *#pages(pages: AsyncIterable<readonly RosterAgent[]>): AsyncGenerator<readonly RosterAgent[]> {
    for await (const page of pages) {
      await this.#pass('roster page');
      yield page;
    }
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
