import type { LedgerEntry } from '../domain/correction.ts';
import type { JudgingDeps } from './judge-window.ts';
import type { AgentWindow, Evidence, JudgedWindow, StoredFinding } from './ports.ts';

/**
 * What a run that only reads would have written for one agent, so that its next window is judged as if it had.
 */
export class DryMemory {
  readonly #store: Pick<JudgingDeps['store'], 'readEvidence'>;
  readonly #findings = new Map<string, StoredFinding>();
  readonly #ledger: LedgerEntry[] = [];

  constructor(store: Pick<JudgingDeps['store'], 'readEvidence'>) {
    this.#store = store;
  }

  async readEvidence(windows: readonly AgentWindow[], marginMs: number): Promise<readonly Evidence[]> {
    const read = await this.#store.readEvidence(windows, marginMs);
    return read.map((evidence) => {
      const stored = evidence.findings.filter(({ findingId }) => !this.#findings.has(findingId));
      const findings = [...stored, ...this.#findings.values()];
      return { ...evidence, findings, ledger: [...evidence.ledger, ...this.#ledger] };
    });
  }

  async saveSchedule(): Promise<void> {
    // Reading again costs the dry run a call for each window; storing would leave a trace.
  }

  async remember({ userId, findings, corrections }: JudgedWindow): Promise<'committed'> {
    for (const { finding, findingId, status } of findings) {
      this.#findings.set(findingId, { ...finding, findingId, userId, status, reviewedMs: undefined });
    }
    for (const correction of corrections)
      this.#ledger.push({ ...correction, status: 'proposed', takeBackAsked: false });
    return 'committed';
  }
}
