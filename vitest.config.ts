import { defineConfig } from 'vitest/config';

/** What decides about corrections leaves no branch untried (`npm run coverage`). */
const EVERY_BRANCH = { branches: 100 };

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: [
        'src/domain/**',
        'src/usecases/deliver-corrections.ts',
        'src/usecases/run-lock.ts',
        'src/store/sqlite/leases.ts',
      ],
      reporter: ['text'],
      thresholds: {
        'src/domain/**': EVERY_BRANCH,
        'src/usecases/deliver-corrections.ts': EVERY_BRANCH,
        'src/usecases/run-lock.ts': EVERY_BRANCH,
        'src/store/sqlite/leases.ts': EVERY_BRANCH,
      },
    },
  },
});
