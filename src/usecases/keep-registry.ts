import type { ProgramError } from '../domain/errors.ts';
import { DEFERRED_JOB } from './audit-entry.ts';
import { type LookDeps, lookAtAgent } from './look-at-agent.ts';
import { eachUntilDown } from './outage-watch.ts';
import { rotationOfUsers } from './rotation.ts';

/** Agents of whom one round looks at no more, of each sort; the next one goes on where it ended. */
const MOST = 50;
const CONCURRENCY = 8;

/**
 * Keeps the registry of sessions true by polling what the webhook did not tell: agents who could not be read the last
 * time, so that what was missed is found without anybody asking; agents whom a poll saw with sessions that the
 * registry does not have; and, in rotation, agents with sessions that it has, whose end may have been lost.
 */
export class RegistryKeeper {
  readonly #deps: LookDeps;
  readonly #hinted = new Set<string>();
  readonly #troubled = rotationOfUsers(MOST);
  readonly #registered = rotationOfUsers(MOST);

  constructor(deps: LookDeps) {
    this.#deps = deps;
  }

  /** Somebody saw this agent with sessions. */
  hint(userId: string): void {
    this.#hinted.add(userId);
  }

  /** @returns how many agents were looked at, and how many of them could not be read. */
  async round(signal?: AbortSignal): Promise<{ readonly looked: number; readonly failed: number }> {
    const { log } = this.#deps;
    let failed = 0;
    const look = async (userId: string): Promise<void> => {
      await lookAtAgent(this.#deps, userId, DEFERRED_JOB, signal);
    };
    const onFailed = (agent: string, err: ProgramError): void => {
      failed += 1;
      log.debug({ agent, err }, 'sessions cannot be read; the next round tries again');
    };
    const userIds = await this.#whom();
    await eachUntilDown(userIds, look, { concurrency: CONCURRENCY, signal, onFailed });
    return { looked: userIds.length, failed };
  }

  async #whom(): Promise<readonly string[]> {
    const { store } = this.#deps;
    const troubled = await this.#troubled.next(store.troubledAgents);
    const registered = await this.#registered.next(store.agentsWithSessions);
    return [...new Set([...troubled, ...(await this.#unregistered()), ...registered])];
  }

  /** Those who were hinted at and of whom the registry has nothing. */
  async #unregistered(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const userId of this.#hinted) {
      if (found.length === MOST) break;
      this.#hinted.delete(userId);
      if ((await this.#deps.store.knownSessions(userId)).length === 0) found.push(userId);
    }
    return found;
  }
}
