import { systemClock } from '../../src/clock.ts';
import { openVendor } from '../../src/cxone/vendor.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import type { Clock, Log, TokenKeeper } from '../../src/usecases/ports.ts';
import { CREDENTIALS, SCOPES } from '../support/authorization-server.ts';

/*
 * A process that asks for the list of states again and again, each time an hour later by its own clock, so that its
 * token is always due. Arguments: the vendor's URL, the database's path, how often, and when to kill itself: `stored`
 * is the instant at which the new refresh token is durable and the new access token has not been used.
 */

const [baseUrl = '', database = '', rounds = '1', killAt = 'never'] = process.argv.slice(2);
let aheadMs = 0;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const vendor = openVendor(
  {
    ...CREDENTIALS,
    baseUrl,
    grant: 'client_credentials',
    scopes: SCOPES.split(' '),
    maxConcurrency: 4,
    maxRequestsPerSecond: Number.POSITIVE_INFINITY,
    timeoutMs: 15_000,
    allowPasswordGrant: false,
  },
  { clock, log, tokenKeeper: killAt === 'stored' ? killing() : openTokenFile(database, { clock, log }) },
);
for (let round = 0; round < Number(rounds); round += 1) {
  aheadMs += 3_600_000;
  await vendor.allAgentStates();
}
await vendor.close();

function killing(): TokenKeeper {
  const keeper = openTokenFile(database, { clock, log });
  return {
    ...keeper,
    async lock(...args) {
      const lock = await keeper.lock(...args);
      return {
        ...lock,
        write(record) {
          lock.write(record);
          process.kill(process.pid, 'SIGKILL');
        },
      };
    },
  };
}

function ignore(): void {
  // The parent looks at what came of it.
}
