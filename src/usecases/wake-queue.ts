import type { Log } from './ports.ts';

export interface WakeDeps<Word> {
  readonly log: Log;
  readonly concurrency: number;
  work(key: string, word: Word, signal: AbortSignal): Promise<void>;
}

/** What waits at most; a schedule finds the rest. */
const MOST_WAITING = 10_000;

/**
 * Does something soon because of news that nobody waits for: a few at a time, and for one key never two at once. News
 * that comes while an earlier one of its key waits takes its place.
 */
export class WakeQueue<Word> {
  readonly #deps: WakeDeps<Word>;
  readonly #waiting = new Map<string, Word>();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(deps: WakeDeps<Word>) {
    this.#deps = deps;
  }

  wake(key: string, word: Word): void {
    if (this.#stop.signal.aborted) return;
    if (this.#waiting.size >= MOST_WAITING && !this.#waiting.has(key)) return;
    this.#waiting.set(key, word);
    this.#begin();
  }

  /** Drops what waits and gives up what is under way. */
  async close(): Promise<void> {
    this.#waiting.clear();
    this.#stop.abort(new Error('the program closes'));
    await Promise.all(this.#underWay.values());
  }

  #begin(): void {
    for (const [key, word] of this.#waiting) {
      if (this.#underWay.size >= this.#deps.concurrency) return;
      if (this.#underWay.has(key)) continue;
      this.#waiting.delete(key);
      this.#underWay.set(key, this.#do(key, word));
    }
  }

  async #do(key: string, word: Word): Promise<void> {
    try {
      await this.#deps.work(key, word, this.#stop.signal);
    } catch (err) {
      if (!this.#stop.signal.aborted) {
        this.#deps.log.warn({ err, key }, 'what was pushed could not be looked at; the schedule will');
      }
    } finally {
      this.#underWay.delete(key);
      this.#begin();
    }
  }
}
