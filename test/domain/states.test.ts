import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { normalizeState, ourWord } from '../../src/domain/state.ts';
import { compareCodePoints, IGNORED, StateTable } from '../../src/domain/states.ts';

const POLICY = {
  ...DEFAULT_POLICY,
  stateMap: new Map([
    ['wrap up', 'acw'],
    ['ping', 'heartbeat'],
  ]),
  ignoredStates: new Set(['heartbeat']),
  offlineStates: new Set(['offline', 'logged out']),
};

describe('states', () => {
  it('are compared trimmed and in lower case', () => {
    expect(normalizeState('  Wrap Up\t')).toBe('wrap up');
    const states = new StateTable(POLICY);
    expect(states.codeOf(' TALKING ')).toBe(states.codeOf('talking'));
    expect(states.nameOf(states.codeOf(' TALKING '))).toBe('talking');
  });

  it('go through the state map before anything else looks at them', () => {
    const states = new StateTable(POLICY);
    expect(states.codeOf('Wrap Up')).toBe(states.codeOf('acw'));
    expect(states.codeOf('ping')).toBe(IGNORED);
    expect(states.codeOf('heartbeat')).toBe(IGNORED);
    expect(states.size).toBe(1);
  });

  it.each([
    [' Wrap Up\t', 'acw'],
    ['ping', 'heartbeat'],
    ['ACW', 'acw'],
    ['Break', 'break'],
    ['', ''],
  ])('%j is %j in our words', (word, ours) => {
    expect(ourWord(word, POLICY.stateMap)).toBe(ours);
  });

  it('go through the state map once, whatever else it says of our word', () => {
    const swapped = new Map([
      ['ready', 'available'],
      ['available', 'ready'],
    ]);
    expect(ourWord('Ready', swapped)).toBe('available');
    expect(ourWord('Available', swapped)).toBe('ready');
  });

  it('are offline when policy says so', () => {
    const states = new StateTable(POLICY);
    expect(states.isOffline(states.codeOf('Logged Out'))).toBe(true);
    expect(states.isOffline(states.codeOf('offline'))).toBe(true);
    expect(states.isOffline(states.codeOf('break'))).toBe(false);
  });

  it('are forgotten between judgements once they are no vocabulary but noise', () => {
    const states = new StateTable(POLICY);
    for (let i = 0; i < 10_000; i++) states.codeOf(`state ${i}`);
    states.forgetNoise();
    expect(states.size).toBe(10_000);
    states.codeOf('one too many');
    states.forgetNoise();
    expect(states.size).toBe(0);
    expect(states.nameOf(states.codeOf('talking'))).toBe('talking');
  });
});

describe('the order of code points', () => {
  it('is not that of UTF-16 units', () => {
    expect(compareCodePoints('\u{1f600}', '\u{ff5e}')).toBeGreaterThan(0);
    expect('\u{1f600}' < '\u{ff5e}').toBe(true);
  });

  it('puts a word before one that it begins', () => {
    expect(compareCodePoints('acw', 'acw 2')).toBeLessThan(0);
    expect(compareCodePoints('', 'a')).toBeLessThan(0);
    expect(compareCodePoints('break', 'acw')).toBeGreaterThan(0);
    expect(compareCodePoints('acw', 'acw')).toBe(0);
  });

  it('is the order of the words as UTF-8 bytes', () => {
    const words = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
