import type { JudgeObserver } from '../domain/judge.ts';
import type { ReportInterval } from '../domain/report.ts';
import type { Window } from '../domain/window.ts';
import type { WindowFigures } from './ports.ts';

/** For what of the run's figures an agent has been counted, so that more windows do not count the agent again. */
export interface CountedAgent {
  paired: boolean;
  working: boolean;
  empty: boolean;
}

/** Listens to a judgement for what the circuit breakers want to know. */
export class FigureGatherer implements JudgeObserver {
  readonly #driftsMs: number[] = [];
  readonly #judgedMs: number;
  readonly #isEmpty: boolean;
  readonly #counted: Readonly<CountedAgent>;
  #isWorking = false;

  constructor(task: { window: Window; counted: CountedAgent }, report: readonly ReportInterval[]) {
    this.#judgedMs = task.window.to - task.window.from;
    this.#isEmpty = report.length === 0;
    this.#counted = task.counted;
  }

  pair(driftMs: number): void {
    this.#driftsMs.push(driftMs);
  }

  working(): void {
    this.#isWorking = true;
  }

  get figures(): WindowFigures {
    const { paired, working, empty } = this.#counted;
    return {
      judgedMs: this.#judgedMs,
      driftsMs: this.#driftsMs,
      pairedAgents: !paired && this.#driftsMs.length > 0 ? 1 : 0,
      workingAgents: !working && this.#isWorking ? 1 : 0,
      emptyAgents: !empty && this.#isWorking && this.#isEmpty ? 1 : 0,
    };
  }
}

/** Remembers what a committed window has counted. */
export function countAgent(counted: CountedAgent, figures: WindowFigures): void {
  counted.paired ||= figures.pairedAgents === 1;
  counted.working ||= figures.workingAgents === 1;
  counted.empty ||= figures.emptyAgents === 1;
}
