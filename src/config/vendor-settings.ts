import type { Values, VariableName } from './variables.ts';

/** What the vendor's client needs to know (vendor-api.md 1). Which of the optional ones are there follows from the grant. */
export interface VendorSettings {
  /** Without a closing slash. */
  readonly baseUrl: string;
  readonly grant: 'client_credentials' | 'password' | 'refresh_token';
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly username?: string;
  readonly password?: string;
  readonly refreshToken?: string;
  readonly scopes: readonly string[];
  readonly maxConcurrency: number;
  /** `Infinity` is no limit. */
  readonly maxRequestsPerSecond: number;
  readonly timeoutMs: number;
  readonly allowPasswordGrant: boolean;
}

const NEEDED: Readonly<Record<VendorSettings['grant'], readonly VariableName[]>> = {
  client_credentials: ['CXONE_CLIENT_ID', 'CXONE_CLIENT_SECRET'],
  password: ['CXONE_CLIENT_ID', 'CXONE_CLIENT_SECRET', 'CXONE_USERNAME', 'CXONE_PASSWORD'],
  // The refresh token may also come from a login.
  refresh_token: ['CXONE_CLIENT_ID'],
};

/**
 * What would have to be set before the vendor can be called; empty when nothing is missing.
 * @param wrong variables that are set, though not to what they may be: they are not missing
 */
export function missingForVendor(values: Values, wrong: ReadonlySet<string> = new Set()): readonly string[] {
  const isMissing = (name: VariableName): boolean => values[name] === undefined && !wrong.has(name);
  const address =
    isMissing('CXONE_REGION') && isMissing('CXONE_BASE_URL') ? ['CXONE_REGION or CXONE_BASE_URL'] : [];
  return [...address, ...NEEDED[values.CXONE_GRANT].filter(isMissing)];
}

/** Variables that are each right but not together. */
export function vendorContradictions(values: Values): string[] {
  const problems: string[] = [];
  const { CXONE_REGION: region, CXONE_BASE_URL: baseUrl } = values;
  if (region !== undefined && baseUrl !== undefined && baseUrl !== addressOf(region)) {
    problems.push('CXONE_BASE_URL: must not be given together with CXONE_REGION, which says another address');
  }
  if (values.CXONE_GRANT === 'password' && !values.CXONE_ALLOW_PASSWORD_GRANT) {
    problems.push(
      'CXONE_GRANT: must not be password, which is for testing only, unless CXONE_ALLOW_PASSWORD_GRANT is true',
    );
  }
  return problems;
}

/** @returns `undefined` as long as anything is missing. */
export function vendorSettings(values: Values): VendorSettings | undefined {
  if (missingForVendor(values).length > 0) return undefined;
  return {
    baseUrl: values.CXONE_BASE_URL ?? addressOf(values.CXONE_REGION!),
    grant: values.CXONE_GRANT,
    ...present('clientId', values.CXONE_CLIENT_ID),
    ...present('clientSecret', values.CXONE_CLIENT_SECRET),
    ...present('username', values.CXONE_USERNAME),
    ...present('password', values.CXONE_PASSWORD),
    ...present('refreshToken', values.CXONE_REFRESH_TOKEN),
    scopes: values.CXONE_SCOPES,
    maxConcurrency: values.CXONE_MAX_CONCURRENCY,
    maxRequestsPerSecond: values.CXONE_MAX_REQUESTS_PER_SECOND || Number.POSITIVE_INFINITY,
    timeoutMs: Math.round(values.CXONE_TIMEOUT_SECONDS * 1000),
    allowPasswordGrant: values.CXONE_ALLOW_PASSWORD_GRANT,
  };
}

function addressOf(region: string): string {
  return `https://${region}.api.cxone.com`;
}

function present<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: string };
}
