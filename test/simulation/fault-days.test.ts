import { describe } from 'vitest';
import { testWorlds } from './worlds.ts';

/** With its other half 300 days; `npm run fault-days` plays as many as one likes. */
describe('the ledger is exactly right after each day of faults', () => testWorlds(1, 13));
