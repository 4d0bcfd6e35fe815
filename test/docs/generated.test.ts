import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GENERATED } from './generated.ts';
import { generatedPart, README, readReadme, withGeneratedPart } from './readme.ts';

const isToUpdate = Boolean(process.env.UPDATE_DOCS);

describe('the parts of the README that come from the code', () => {
  it.each(Object.entries(GENERATED))('%s: are as the code has it', async (name, generate) => {
    const text = await generate();
    if (isToUpdate) writeFileSync(README, withGeneratedPart(readReadme(), name, text));
    expect(
      generatedPart(readReadme(), name),
      'run `UPDATE_DOCS=1 npx vitest run test/docs` and look at what it changed',
    ).toBe(text);
  });
});
