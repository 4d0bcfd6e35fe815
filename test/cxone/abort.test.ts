import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { AbortWatch } from '../../src/cxone/abort.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('those who wait for an abort', () => {
  test('are told by one listener, each once, but for those who left', () => {
    const watch = new AbortWatch();
    const [one, other] = [new AbortController(), new AbortController()];
    const told: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => () => void told.push(name)) as [
      () => void,
      () => void,
      () => void,
      () => void,
    ];
    for (const who of [a, b, c]) watch.join(one.signal, who);
    watch.join(other.signal, d);
    expect(listeners(one.signal)).toBe(1);
    watch.leave(one.signal, b);
    one.abort();
    expect(told).toEqual(['a', 'c']);
    other.abort();
    expect(told).toEqual(['a', 'c', 'd']);
  });

  test('are not told once another who is told has them leave', () => {
    const watch = new AbortWatch();
    const controller = new AbortController();
    const { signal } = controller;
    const told: string[] = [];
    const second = (): void => void told.push('second');
    const first = (): void => {
      told.push('first');
      watch.leave(signal, first);
      watch.leave(signal, second);
    };
    watch.join(signal, first);
    watch.join(signal, second);
    controller.abort();
    expect(told).toEqual(['first']);
    expect(listeners(signal)).toBe(0);
  });

  test('leave nothing behind once all have left, and come back', () => {
    const watch = new AbortWatch();
    const controller = new AbortController();
    const told: number[] = [];
    const who = (): void => void told.push(1);
    watch.leave(controller.signal, who);
    watch.join(controller.signal, who);
    watch.leave(controller.signal, who);
    expect(listeners(controller.signal)).toBe(0);
    watch.join(controller.signal, who);
    controller.abort();
    expect(told).toEqual([1]);
  });
});
