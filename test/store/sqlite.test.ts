import { describe } from 'vitest';
import { storeContract } from '../contract/store.ts';
import { opened, scratchFile } from './scratch.ts';

describe('the store in a SQLite file', () => {
  storeContract(() => opened({ path: scratchFile() }));
});
