import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type InteractionResults } from 'oidc-provider';

/*
 * A real authorization server (panva's oidc-provider) at the paths of the vendor contract, and behind it just enough
 * of an API to see which token came with which call. Refresh tokens rotate, and one that is spent twice takes its
 * whole family along.
 */

export const SCOPES =
  'agent:read agent:write agent:state:read user:read telephony:write report:read session:manage';
const CLIENT = {
  client_id: 'client',
  client_secret: 'canary-oidc-client-secret',
  application_type: 'native',
  grant_types: ['client_credentials', 'authorization_code', 'refresh_token', 'password'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'client_secret_post',
} as const;
const OTHER_CLIENT = { ...CLIENT, client_id: 'other', client_secret: 'canary-oidc-other-secret' };
const PUBLIC_CLIENT = {
  ...CLIENT,
  client_id: 'public',
  client_secret: undefined,
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
};
const PERSON = { username: 'supervisor', password: 'canary-oidc-password' };

/** The settings of a vendor that knows this server's client. */
export const CREDENTIALS = {
  clientId: CLIENT.client_id,
  clientSecret: CLIENT.client_secret,
  ...PERSON,
  other: { clientId: OTHER_CLIENT.client_id, clientSecret: OTHER_CLIENT.client_secret },
  public: { clientId: PUBLIC_CLIENT.client_id, clientSecret: undefined },
} as const;

/** Lives of what is issued, in seconds. */
export const TTL = { AccessToken: 3_600, ClientCredentials: 3_600, RefreshToken: 14 * 86_400 } as const;

/** One call of the API. */
export interface ApiCall {
  readonly path: string;
  /** Whose token it came with. */
  readonly owner: 'user' | 'service' | 'nobody';
  readonly token: string;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly url: string;
  readonly provider: Provider;
  readonly calls: readonly ApiCall[];
  /** Grant types of the tokens that were issued, in order, and `error: what` for refusals. */
  readonly answers: readonly string[];
  /** What the person does when asked; `agree` at first. */
  person: 'agree' | 'deny';
  /** Of those that are granted when the person agrees. */
  grantedScopes: string;
  /** A refresh token as a person's earlier login would have left it. */
  issueRefreshToken(scope?: string): Promise<string>;
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const calls: ApiCall[] = [];
  const answers: string[] = [];
  const started = { person: 'agree' as 'agree' | 'deny', grantedScopes: SCOPES };
  const provider = new Provider(url, CONFIGURATION);
  registerPasswordGrant(provider);
  provider.on('grant.success', (ctx) => answers.push(String(ctx.oidc.params?.grant_type)));
  provider.on('grant.error', (_ctx, error) =>
    answers.push(`error: ${error.error_detail ?? error.error_description ?? error.message}`),
  );
  const handle = provider.callback();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', url);
    if (pathname.startsWith('/interaction/')) return interact(request, response);
    if (pathname.startsWith('/api/')) return api(provider, pathname, request, response, calls);
    await handle(request, response);
  }

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await provider.interactionFinished(request, response, await decision(request, response));
  }

  /** Having logged in, the person agrees to what is asked, as far as it is to be had. */
  async function decision(request: IncomingMessage, response: ServerResponse): Promise<InteractionResults> {
    if (started.person === 'deny') {
      return { error: 'access_denied', error_description: 'the person said no' };
    }
    const { prompt, params } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') return { login: { accountId: PERSON.username } };
    const clientId = String(params.client_id);
    return { consent: { grantId: await grantTo(provider, clientId, started.grantedScopes) } };
  }

  return Object.assign(started, {
    url,
    provider,
    calls,
    answers,
    async issueRefreshToken(scope = SCOPES) {
      const client = await provider.Client.find(CLIENT.client_id);
      const grantId = await grantTo(provider, CLIENT.client_id, scope);
      return new provider.RefreshToken({
        accountId: PERSON.username,
        client: client!,
        grantId,
        scope,
        gty: 'authorization_code',
      }).save();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

const CONFIGURATION: Configuration = {
  clients: [CLIENT, OTHER_CLIENT, PUBLIC_CLIENT] as unknown as NonNullable<Configuration['clients']>,
  scopes: [...SCOPES.split(' '), 'openid', 'offline_access'],
  routes: { token: '/oauth/token', authorization: '/oauth/authorize', revocation: '/oauth/revoke' },
  features: {
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    devInteractions: { enabled: false },
  },
  pkce: { required: () => true },
  ttl: {
    ...TTL,
    AuthorizationCode: 60,
    IdToken: 60,
    Session: 3_600,
    Interaction: 600,
    Grant: 14 * 86_400,
  },
  cookies: { keys: ['of the test'] },
  rotateRefreshToken: () => true,
  // A login outlasts the session of the browser.
  expiresWithSession: () => false,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  renderError: (ctx, out) => {
    ctx.type = 'json';
    ctx.body = out;
  },
};

async function grantTo(provider: Provider, clientId: string, scope: string): Promise<string> {
  const grant = new provider.Grant({ accountId: PERSON.username, clientId });
  grant.addOIDCScope(scope);
  // What is asked for and not granted was rejected, so that nobody is asked again.
  const rest = SCOPES.split(' ').filter((one) => !scope.split(' ').includes(one));
  if (rest.length > 0) grant.rejectOIDCScope(rest.join(' '));
  return grant.save();
}

function registerPasswordGrant(provider: Provider): void {
  provider.registerGrantType(
    'password',
    async (ctx) => {
      const { username, password, scope } = ctx.oidc.params as Record<string, string>;
      if (username !== PERSON.username || password !== PERSON.password) {
        ctx.status = 400;
        ctx.body = { error: 'invalid_grant', error_description: 'unknown user or wrong password' };
        return;
      }
      const client = ctx.oidc.client!;
      const grantId = await grantTo(provider, client.clientId, scope ?? SCOPES);
      const issued = { accountId: PERSON.username, client, grantId, scope: scope ?? SCOPES, gty: 'password' };
      const token = new provider.AccessToken(issued);
      ctx.body = {
        access_token: await token.save(),
        refresh_token: await new provider.RefreshToken(issued).save(),
        token_type: 'Bearer',
        expires_in: token.expiration,
        scope: token.scope,
      };
    },
    ['username', 'password', 'scope'],
  );
}

const NEEDED_SCOPE: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v2\/users$/, 'user:read'],
  [/^\/api\/v2\/agents\//, 'agent:state:read'],
];

async function api(
  provider: Provider,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  calls: ApiCall[],
): Promise<void> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const ofUser = good(await provider.AccessToken.find(token));
  const ofService = good(await provider.ClientCredentials.find(token));
  const owner = ofUser ? 'user' : ofService ? 'service' : 'nobody';
  calls.push({ path, owner, token });
  const needed = NEEDED_SCOPE.find(([pattern]) => pattern.test(path))?.[1] ?? '';
  const reply = (status: number, body: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (owner === 'nobody') return reply(401, { code: 'invalid_token', message: 'who are you' });
  const scopes = (ofUser ?? ofService)?.scope?.split(' ') ?? [];
  if (!scopes.includes(needed)) return reply(403, { code: 'insufficient_scope', message: needed });
  if (path === '/api/v2/users') return reply(200, { entities: [], page: 1, pageCount: 0, total: 0 });
  if (ofUser === undefined) return reply(403, { code: 'no_user_context', message: 'no user context' });
  return reply(200, []);
}

function good<T extends { readonly isExpired: boolean }>(token: T | undefined): T | undefined {
  return token?.isExpired === false ? token : undefined;
}

/** A browser without a face: follows redirects and keeps cookies, up to the page that is no redirect. */
export async function browse(link: string): Promise<{ url: string; status: number; text: string }> {
  const jar = new Map<string, string>();
  let url = link;
  for (let hops = 0; hops < 20; hops += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return { url, status: response.status, text: await response.text() };
    await response.body?.cancel();
    url = new URL(location, url).href;
  }
  throw new Error(`${link} leads in circles`);
}
