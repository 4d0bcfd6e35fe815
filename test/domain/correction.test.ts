import { describe, expect, it } from 'vitest';
import {
  CORRECTION_STATES,
  CORRECTION_STEPS,
  type CorrectionState,
  holdsTime,
  isUnsent,
} from '../../src/domain/correction.ts';

function reachable(from: CorrectionState): Set<CorrectionState> {
  const seen = new Set<CorrectionState>([from]);
  for (const state of seen) for (const next of CORRECTION_STEPS[state]) seen.add(next);
  return seen;
}

describe('the life of a correction', () => {
  it('leads from proposed to every other state', () => {
    expect([...reachable('proposed')].sort()).toEqual([...CORRECTION_STATES].sort());
  });

  it('ends where it was refused or taken back', () => {
    const last = CORRECTION_STATES.filter((state) => CORRECTION_STEPS[state].length === 0);
    expect(last).toEqual(['refused', 'taken_back']);
  });

  it('never forgets that a correction may have left the house', () => {
    const left: readonly CorrectionState[] = [
      'delivered',
      'unknown',
      'take_back_waiting',
      'take_back_unknown',
    ];
    for (const state of left) expect(CORRECTION_STEPS[state]).not.toContain('withdrawn');
    expect(CORRECTION_STEPS.sending).not.toContain('withdrawn');
    expect(CORRECTION_STEPS.taking_back).not.toContain('withdrawn');
  });

  it('sends only what a closed run or a person has let go', () => {
    const before = CORRECTION_STATES.filter((state) => CORRECTION_STEPS[state].includes('sending'));
    expect(before.sort()).toEqual(['unknown', 'waiting']);
    expect(CORRECTION_STEPS.proposed).not.toContain('sending');
    expect(CORRECTION_STEPS.held).not.toContain('sending');
  });

  it('can be taken back only once it is delivered', () => {
    const before = CORRECTION_STATES.filter((state) => CORRECTION_STEPS[state].includes('take_back_waiting'));
    expect(before.sort()).toEqual(['delivered', 'taking_back']);
  });

  it.each<[CorrectionState, boolean, boolean]>([
    ['proposed', true, true],
    ['held', true, true],
    ['waiting', true, true],
    ['sending', true, false],
    ['unknown', true, false],
    ['delivered', true, false],
    ['take_back_waiting', true, false],
    ['taking_back', true, false],
    ['take_back_unknown', true, false],
    ['refused', false, false],
    ['withdrawn', false, false],
    ['taken_back', false, false],
  ])('%s: holds its time %s, can still be withdrawn %s', (state, holds, unsent) => {
    expect(holdsTime(state)).toBe(holds);
    expect(isUnsent(state)).toBe(unsent);
  });
});
