import { describe, expect, it } from 'vitest';
import { nearestEdge, type Shift } from '../../src/domain/shift.ts';
import { t } from '../support/rows.ts';

const BAND_MS = 30_000;

function shift(id: string, start: string, end: string): Shift {
  return { id, start: t(start), end: t(end), timeZone: 'Europe/Berlin', activities: [] };
}

const early = shift('early', '08:00:00', '09:00:00');

describe('the shift edge near an instant', () => {
  it('is in reach up to and including the band, on both sides', () => {
    expect(nearestEdge(t('09:00:30'), [early], BAND_MS)).toEqual({
      shiftId: 'early',
      edge: 'end',
      edgeAt: t('09:00:00'),
      offsetMs: 30_000,
    });
    expect(nearestEdge(t('07:59:30'), [early], BAND_MS)).toEqual({
      shiftId: 'early',
      edge: 'start',
      edgeAt: t('08:00:00'),
      offsetMs: -30_000,
    });
    expect(nearestEdge(t('09:00:30.001'), [early], BAND_MS)).toBeUndefined();
    expect(nearestEdge(t('07:59:29.999'), [early], BAND_MS)).toBeUndefined();
  });

  it('is the nearest', () => {
    const shifts = [early, shift('late', '09:00:40', '17:00:00')];
    expect(nearestEdge(t('09:00:19'), shifts, BAND_MS)).toMatchObject({ shiftId: 'early', offsetMs: 19_000 });
    expect(nearestEdge(t('09:00:21'), shifts, BAND_MS)).toMatchObject({ shiftId: 'late', offsetMs: -19_000 });
  });

  it('is the earlier of two that are equally near', () => {
    const shifts = [early, shift('late', '09:00:40', '17:00:00')];
    expect(nearestEdge(t('09:00:20'), shifts, BAND_MS)).toMatchObject({ shiftId: 'early', edge: 'end' });
    expect(nearestEdge(t('09:00:20'), shifts.toReversed(), BAND_MS)).toMatchObject({ shiftId: 'early' });
  });

  it('is a start before an end at the same instant', () => {
    const shifts = [early, shift('late', '09:00:00', '17:00:00')];
    const expected = { shiftId: 'late', edge: 'start' };
    expect(nearestEdge(t('09:00:05'), shifts, BAND_MS)).toMatchObject(expected);
    expect(nearestEdge(t('09:00:05'), shifts.toReversed(), BAND_MS)).toMatchObject(expected);
  });

  it('does not depend on the order of shifts that are the same but for their id', () => {
    const shifts = [shift('b', '08:00:00', '09:00:00'), shift('a', '08:00:00', '09:00:00')];
    expect(nearestEdge(t('09:00:05'), shifts, BAND_MS)).toMatchObject({ shiftId: 'a' });
    expect(nearestEdge(t('09:00:05'), shifts.toReversed(), BAND_MS)).toMatchObject({ shiftId: 'a' });
  });

  it('is none without shifts', () => {
    expect(nearestEdge(t('09:00:00'), [], BAND_MS)).toBeUndefined();
  });
});
