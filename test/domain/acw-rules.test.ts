import { describe, expect, it } from 'vitest';
import type { AcwRule } from '../../src/domain/acw.ts';
import { ruleFor, timerDiffers } from '../../src/domain/acw-rules.ts';
import { t } from '../support/rows.ts';

const CHANNELS = new Map([
  ['sk_voice', 'voice'],
  ['sk_chat', 'webchat'],
]);

function rule(conditions: Partial<AcwRule>, durationSeconds = 90): AcwRule {
  return {
    skill: undefined,
    mediaType: undefined,
    direction: undefined,
    durationSeconds,
    type: 'system',
    reasonCode: 'wrap_up',
    ...conditions,
  };
}

function session(skillId: string | undefined, mediaType: string, direction: string | undefined) {
  return { skillId, mediaType, direction };
}

describe('the rule of a session', () => {
  it.each([
    ['no condition', {}, session(undefined, 'email', undefined), true],
    ['its media type', { mediaType: 'voice' }, session(undefined, 'voice', undefined), true],
    [
      'its media type in other letters',
      { mediaType: 'Voice' },
      session(undefined, ' VOICE', undefined),
      true,
    ],
    ['another media type', { mediaType: 'voice' }, session(undefined, 'webchat', undefined), false],
    ['its direction', { direction: 'inbound' }, session(undefined, 'voice', 'Inbound'), true],
    ['another direction', { direction: 'inbound' }, session(undefined, 'voice', 'outbound'), false],
    ['a direction nobody knows', { direction: 'inbound' }, session(undefined, 'voice', undefined), false],
    ['its skill', { skill: 'sk_voice' }, session('sk_voice', 'voice', undefined), true],
    [
      'another skill of the same channel',
      { skill: 'sk_voice' },
      session('sk_sales', 'voice', undefined),
      false,
    ],
    ['a skill of other letters', { skill: 'sk_voice' }, session('SK_VOICE', 'voice', undefined), false],
    ['no skill, on its channel', { skill: 'sk_voice' }, session(undefined, 'voice', undefined), true],
    ['no skill, on another channel', { skill: 'sk_voice' }, session(undefined, 'webchat', undefined), false],
    ['no skill, of a channel nobody knows', { skill: 'sk_x' }, session(undefined, 'voice', undefined), false],
    [
      'all of them',
      { skill: 'sk_chat', mediaType: 'webchat', direction: 'inbound' },
      session('sk_chat', 'webchat', 'inbound'),
      true,
    ],
    [
      'two of three',
      { skill: 'sk_chat', mediaType: 'webchat', direction: 'inbound' },
      session('sk_chat', 'webchat', 'outbound'),
      false,
    ],
  ])('with %s', (_, conditions, found, matches) => {
    const only = rule(conditions);
    expect(ruleFor(found, [only], CHANNELS)).toBe(matches ? only : undefined);
  });

  it('is the first that matches', () => {
    const first = rule({ mediaType: 'voice' }, 30);
    const second = rule({}, 60);
    expect(ruleFor(session(undefined, 'voice', undefined), [first, second], CHANNELS)).toBe(first);
    expect(ruleFor(session(undefined, 'voice', undefined), [second, first], CHANNELS)).toBe(second);
    expect(ruleFor(session(undefined, 'email', undefined), [first, second], CHANNELS)).toBe(second);
    expect(ruleFor(session(undefined, 'email', undefined), [], CHANNELS)).toBeUndefined();
  });
});

describe('a timer of 90 s', () => {
  const terms = { durationSeconds: 90, type: 'manual', reasonCode: 'x' } as const;
  it.each([
    ['just begun', 90, t('09:00:00'), true],
    ['begun at a time nobody knows', 90, undefined, true],
    ['2 s less than asked for', 88, undefined, true],
    ['more than 2 s less', 87.9, undefined, false],
    ['2 s more', 92, undefined, true],
    ['more than 2 s more', 92.1, undefined, false],
    ['none at all', undefined, t('09:00:00'), false],
    ['0', 0, t('09:00:00'), false],
    ['30 s in', 60, t('08:59:30'), true],
    ['30 s in, but whole', 90, t('08:59:30'), false],
    ['begun a moment ahead of our clock', 90, t('09:00:01.500'), true],
    ['over, and over', 0, t('08:50:00'), true],
    ['that goes on when it should be over', 30, t('08:50:00'), false],
  ])('%s', (_, acwRemainingSeconds, enteredAt, same) => {
    expect(timerDiffers({ acwRemainingSeconds }, terms, t('09:00:00'), enteredAt)).toBe(!same);
  });
});
