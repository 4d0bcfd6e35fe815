import { describe } from 'vitest';
import { testWorlds } from './worlds.ts';

/** In a file of its own, so that another core plays it. */
describe('the ledger is exactly right after each day of faults', () => testWorlds(14, 25));
