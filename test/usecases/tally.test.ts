import { describe, expect, test } from 'vitest';
import type { FindingChange } from '../../src/domain/settlement.ts';
import { Tally } from '../../src/usecases/tally.ts';
import { drift, T0, WINDOW } from '../contract/store-fixtures.ts';

type Change = FindingChange['change'];

function change(what: Change, findingId: string, end = T0 + 3_000): FindingChange {
  const pieces = [{ start: T0, end, loggedState: 'acw', reportedState: 'inbound' }];
  const finding = drift(T0, { pieces });
  return { change: what, findingId, finding, status: 'open', previousStatus: undefined, why: 'found' };
}

function counted(...windows: FindingChange[][]) {
  const tally = new Tally();
  for (const findings of windows) tally.window(WINDOW, findings, 0);
  const { byKind, ...changes } = tally.findings;
  return { ...changes, kinds: byKind.boundary_drift };
}

const NONE = { new: 0, changed: 0, resolved: 0, unchanged: 0 };

describe('findings in a run', () => {
  test('are counted by what became of them, resolved ones under no kind', () => {
    const window = [change('new', 'a'), change('new', 'b'), change('resolved', 'c')];
    expect(counted(window)).toEqual({ ...NONE, new: 2, resolved: 1, kinds: 2 });
  });

  test.each<[Change, Change, Partial<typeof NONE>]>([
    ['new', 'changed', { new: 1 }],
    ['unchanged', 'unchanged', { unchanged: 1 }],
    ['unchanged', 'changed', { changed: 1 }],
    ['changed', 'unchanged', { changed: 1 }],
  ])('that reach over several windows count once: %s, then %s', (first, then, counts) => {
    const windows = [
      [change(first, 'a', WINDOW.to)],
      [change(then, 'a', WINDOW.to)],
      [change('changed', 'a')],
    ];
    const last = counts.unchanged === 1 ? { changed: 1 } : counts;
    expect(counted(...windows)).toEqual({ ...NONE, ...last, kinds: 1 });
    expect(counted(...windows.slice(0, 2))).toEqual({ ...NONE, ...counts, kinds: 1 });
  });

  test.each<[Change, Change, Partial<typeof NONE>]>([
    ['changed', 'resolved', { resolved: 1 }],
    ['unchanged', 'resolved', { resolved: 1 }],
    ['new', 'resolved', {}],
    ['resolved', 'changed', { changed: 1, kinds: 1 } as object],
  ])('count by what they are in the end: %s, then %s', (first, then, counts) => {
    const windows = [[change(first, 'a', WINDOW.to)], [change(then, 'a', WINDOW.to)]];
    expect(counted(...windows)).toEqual({ ...NONE, kinds: undefined, ...counts });
  });
});
