import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ProgramError } from '../../src/domain/errors.ts';

describe('an error of the program', () => {
  it('says what happened under a code, what to do about it, and what was behind it', () => {
    const cause = new Error('EACCES');
    const error = new ProgramError('database_unusable', 'the database cannot be opened', {
      hint: 'Look at the rights of its folder.',
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'ProgramError',
      code: 'database_unusable',
      message: 'the database cannot be opened',
      hint: 'Look at the rights of its folder.',
      cause,
    });
  });

  it('needs neither hint nor cause', () => {
    const error = new ProgramError('not_found', 'there is no such run');
    expect(error.hint).toBeUndefined();
    expect(error.cause).toBeUndefined();
  });

  it('has codes that are told apart', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  });
});
