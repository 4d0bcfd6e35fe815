import { createHash } from 'node:crypto';
import type { TokenRecord } from '../usecases/ports.ts';

/** Who we are to the vendor, and what the configuration brings along. */
export interface Holder {
  readonly issuer: string;
  readonly clientId: string;
  /** `CXONE_REFRESH_TOKEN`: taken over once, unless it was before. */
  readonly seed: string | undefined;
}

/** What is to be spent for the next token. */
export interface Spendable {
  readonly refreshToken: string;
  /** Whether it comes from the configuration and has not been spent yet. */
  readonly isSeed: boolean;
  readonly scopes: readonly string[] | undefined;
}

/** One from the configuration that is new comes first; then what is kept, if it was issued to us. Pure. */
export function spendableOf({ token, seeds }: TokenRecord, holder: Holder): Spendable | undefined {
  const { seed } = holder;
  if (seed !== undefined && !seeds.includes(digestOf(seed, holder))) {
    return { refreshToken: seed, isSeed: true, scopes: undefined };
  }
  if (token === undefined || isForeign({ token, seeds }, holder)) return undefined;
  return { refreshToken: token.refreshToken, isSeed: false, scopes: token.scopes };
}

/** Whether what is kept was issued by another vendor or to another client: it is sent to nobody else. Pure. */
export function isForeign({ token }: TokenRecord, { issuer, clientId }: Holder): boolean {
  return token !== undefined && (token.issuer !== issuer || token.clientId !== clientId);
}

/** What is remembered from now on, so that what the configuration says today does not come back. Pure. */
export function seedsWith(seeds: readonly string[], holder: Holder): readonly string[] {
  const { seed } = holder;
  return seed === undefined ? seeds : [...new Set([...seeds, digestOf(seed, holder)])];
}

function digestOf(seed: string, { issuer, clientId }: Holder): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, clientId, seed]))
    .digest('hex');
}
