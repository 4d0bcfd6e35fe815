import type { AcwContract, AcwRule } from '../domain/acw.ts';
import type { SkillChannels } from '../domain/channels.ts';
import type { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { ourWord } from '../domain/state.ts';
import { ACW_JOB } from './acw-contract.ts';
import type { ContractStore, RegistryStore } from './control-port.ts';
import { enforceRule } from './enforce-acw.ts';
import { type FollowDeps, followContract } from './follow-acw.ts';
import { type AgentLook, noteTrouble } from './look-at-agent.ts';
import { eachUntilDown, OutageWatch } from './outage-watch.ts';
import { pagesOf } from './pages.ts';
import { readSessionNow } from './read-acw.ts';
import { rotationOfUsers } from './rotation.ts';

export interface WatchDeps extends FollowDeps {
  readonly store: FollowDeps['store'] &
    Pick<ContractStore, 'openContracts'> &
    Pick<RegistryStore, 'agentsWithSessions' | 'markTrouble' | 'troubledAgents'>;
  readonly rules: readonly AcwRule[];
  readonly skillChannels: SkillChannels;
  readonly maxConcurrency: number;
  /** Reads an agent's status and sessions and enters both (`lookAtAgent`). */
  look(userId: string, actor: string, signal?: AbortSignal): Promise<AgentLook>;
}

/** What a round of the watch came to. */
export interface WatchReport {
  contracts: number;
  agents: number;
  failed: number;
}

const PAGE = 500;
/**
 * Agents of which a round looks at no more; the next one goes on where it ended. Two calls each, every five seconds,
 * that is less than half of what the rate limit usually allows: the rest is for contracts, and for everybody else.
 */
const MOST_AGENTS = 100;
const MOST_TROUBLED = 50;

/** Watches what after-call work there is; one for a process, because it remembers what it saw. */
export class AcwWatch {
  readonly #deps: WatchDeps;
  /** When the session of a contract was last seen in after-call work. */
  readonly #seen = new Map<string, Instant>();
  /** Who was seen with sessions of which nobody knows more yet. */
  readonly #hinted = new Set<string>();
  readonly #troubled = rotationOfUsers(MOST_TROUBLED);
  readonly #registered = rotationOfUsers(MOST_AGENTS);
  #outage = new OutageWatch();

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /** Somebody saw this agent with sessions that may not be in the registry yet. */
  hint(userId: string): void {
    if (this.#deps.rules.length > 0) this.#hinted.add(userId);
  }

  /**
   * One round: agents who could not be read are tried again, every contract that runs is read once, and agents with
   * sessions are looked at for after-call work that a rule asks for. What cannot be read stays as it is.
   */
  async round(signal?: AbortSignal): Promise<WatchReport> {
    const report = { contracts: 0, agents: 0, failed: 0 };
    this.#outage = new OutageWatch();
    const troubled = await this.#troubled.next(this.#deps.store.troubledAgents);
    await this.#each(troubled, (userId) => this.#lookAt(userId, report, signal), report, signal);
    await this.#followAll(report, signal);
    if (this.#deps.rules.length === 0) return report;
    const agents = await this.#agentsToLookAt(troubled);
    await this.#each(agents, (userId) => this.#lookAt(userId, report, signal), report, signal);
    return report;
  }

  /** A session was pushed as being in after-call work: its rule is applied at once. @param at the vendor's instant. */
  async pushed(sessionId: string, at: Instant, signal?: AbortSignal): Promise<void> {
    if (this.#deps.rules.length === 0) return;
    // A push tells neither direction nor skill.
    const { session, at: readAt } = await readSessionNow(this.#deps, sessionId, signal);
    if (session === undefined) return;
    await enforceRule(this.#deps, session, { at: readAt, enteredAt: at }, signal);
  }

  async #followAll(report: WatchReport, signal: AbortSignal | undefined): Promise<void> {
    const open = new Set<string>();
    for await (const page of pagesOf(PAGE, this.#deps.store.openContracts, ({ sessionId }) => sessionId)) {
      for (const { sessionId } of page) open.add(sessionId);
      await this.#each(page, (contract) => this.#follow(contract, report, signal), report, signal);
    }
    for (const sessionId of this.#seen.keys()) if (!open.has(sessionId)) this.#seen.delete(sessionId);
  }

  async #follow(contract: AcwContract, report: WatchReport, signal: AbortSignal | undefined): Promise<void> {
    const { sessionId, userId, createdAt } = contract;
    const now = this.#deps.clock.now();
    report.contracts++;
    try {
      const seenAt = this.#seen.get(sessionId) ?? createdAt;
      const { status } = await followContract(this.#deps, contract, seenAt, signal);
      if (status === 'running') this.#seen.set(sessionId, now);
    } catch (error) {
      if (signal?.aborted !== true) await noteTrouble(this.#deps, userId, error);
      throw error;
    }
  }

  async #lookAt(userId: string, report: WatchReport, signal: AbortSignal | undefined): Promise<void> {
    const { store, stateMap } = this.#deps;
    report.agents++;
    const { status, sessions, lookedAt } = await this.#deps.look(userId, ACW_JOB, signal);
    const inAcw = sessions.filter(({ state }) => state === 'acw');
    for (const session of inAcw) {
      const known = await store.knownSession(session.sessionId);
      const isAgents =
        status !== undefined && inAcw.length === 1 && ourWord(status.state, stateMap) === 'acw';
      const instants = [
        ...(known?.state === 'acw' ? [known.at] : []),
        ...(isAgents ? [status.updatedAt] : []),
      ];
      const enteredAt = instants.length === 0 ? undefined : Math.min(...instants);
      await enforceRule(this.#deps, session, { at: lookedAt, enteredAt }, signal);
    }
  }

  async #agentsToLookAt(done: readonly string[]): Promise<readonly string[]> {
    const hinted = [...this.#hinted].slice(0, MOST_AGENTS);
    for (const userId of hinted) this.#hinted.delete(userId);
    const registered = await this.#registered.next(this.#deps.store.agentsWithSessions);
    return [...new Set([...hinted, ...registered])].filter((userId) => !done.includes(userId));
  }

  async #each<T>(
    items: readonly T[],
    work: (item: T) => Promise<void>,
    report: WatchReport,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { maxConcurrency: concurrency, log } = this.#deps;
    const onFailed = (_item: T, err: ProgramError): void => {
      report.failed++;
      log.debug({ err }, 'after-call work could not be looked at; the next round tries again');
    };
    await eachUntilDown(items, work, { concurrency, signal, outage: this.#outage, onFailed });
  }
}
