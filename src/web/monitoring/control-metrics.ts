import { Counter, type Registry } from 'prom-client';
import { ACW_TYPES, type AcwType } from '../../domain/acw.ts';
import { CHANGE_STATES } from '../../domain/change.ts';
import type { Instant } from '../../domain/instant.ts';
import { OVERRIDE_STATES } from '../../domain/override.ts';
import type { ControlFigures } from '../../usecases/control-port.ts';
import { ageSeconds, gaugesIn } from './gauges.ts';

export interface ControlMetrics {
  bypassed(type: AcwType): void;
  /** An agent was out of step, or is no longer. */
  outOfStep(event: string): void;
  set(figures: ControlFigures, now: Instant): void;
}

const OUT_OF_STEP = ['state_desync_corrected', 'phantom_availability', 'phantom_availability_ended'];

/** What is told about changing agents' states: counted while the process lives, and looked up when somebody looks. */
export function makeControlMetrics(registers: Registry[]): ControlMetrics {
  const gauge = gaugesIn(registers);
  const bypassed = new Counter({
    name: 'adherence_acw_bypassed_total',
    help: 'After-call work that was left before its end, by type.',
    labelNames: ['type'],
    registers,
  });
  for (const type of ACW_TYPES) bypassed.inc({ type }, 0);
  const outOfStep = new Counter({
    name: 'adherence_out_of_step_total',
    help: 'Times that an agent was found out of step: state_desync_corrected, phantom_availability and its end.',
    labelNames: ['event'],
    registers,
  });
  for (const event of OUT_OF_STEP) outOfStep.inc({ event }, 0);
  const changes = gauge('adherence_status_changes', 'Requested changes of status, by what became of them.', [
    'status',
  ]);
  const oldest = gauge(
    'adherence_oldest_queued_change_age_seconds',
    'Age of the oldest change of status that waits; 0 when none does.',
  );
  const contracts = gauge('adherence_acw_contracts', 'After-call work that is enforced and not at its end.');
  const overrides = gauge('adherence_overrides', 'Forced changes of status, by what became of them.', [
    'status',
  ]);
  const phantoms = gauge(
    'adherence_phantom_agents',
    'Agents whose presence and telephony have disagreed for more than 30 seconds.',
  );
  const escalations = gauge('adherence_escalations_waiting', 'Escalations that nobody has taken yet.');
  return {
    bypassed: (type) => bypassed.inc({ type }),
    outOfStep: (event) => outOfStep.inc({ event }),
    set(figures, now) {
      for (const status of CHANGE_STATES) changes.set({ status }, countOf(figures.changes, status));
      for (const status of OVERRIDE_STATES) overrides.set({ status }, countOf(figures.overrides, status));
      oldest.set(ageSeconds(figures.oldestQueuedAt, now));
      contracts.set(figures.openContracts);
      phantoms.set(figures.phantomAgents);
      escalations.set(figures.escalationsWaiting);
    },
  };
}

function countOf<Status>(
  counts: readonly { readonly status: Status; readonly count: number }[],
  status: Status,
): number {
  return counts.find((one) => one.status === status)?.count ?? 0;
}
