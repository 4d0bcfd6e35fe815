import { z } from 'zod';
import { contractDocument, overrideDocument } from './control-documents.ts';
import * as documents from './documents.ts';
import { BODY_LIMIT_BYTES, MAX_HEADER_BYTES } from './limits.ts';
import { problemDocument } from './problem.ts';
import type { Answer, Route } from './route.ts';
import { route } from './route.ts';
import { timelineDocument } from './timeline-document.ts';

/** Documents that are described once and pointed to. */
const NAMED = {
  AcwContract: contractDocument,
  Agent: documents.agentDocument,
  Finding: documents.findingDocument,
  FindingStory: documents.findingStory,
  Override: overrideDocument,
  Problem: problemDocument,
  Run: documents.runDocument,
  Timeline: timelineDocument,
} as const;

/** Why a request may come to nothing, whichever it is. */
const TO_ALL = {
  400: 'It is not HTTP as it should be, or something in it is wrong; `errors` names each field.',
  408: 'It took too long to arrive.',
  414: 'The address is too long.',
  417: '`Expect` says anything but `100-continue`.',
  431: `The headers are larger than ${MAX_HEADER_BYTES} bytes.`,
  500: 'Something went wrong here; the log of the service says what.',
  503: 'Not possible right now, as while the database cannot be used, or the answer took too long.',
} as const;

const TO_CALLERS = {
  401: 'No token, or none that is known.',
  403: 'The role of the token does not allow it, no token is configured, or a browser sent it from another site.',
  429: 'Too many requests; `Retry-After` says when.',
} as const;

const TO_BODIES = {
  413: `The body is larger than ${BODY_LIMIT_BYTES} bytes.`,
  415: 'The body is not JSON.',
} as const;

type Json = Record<string, unknown>;

const TAGS: Readonly<Record<string, string>> = {
  agents: 'Agents, and what happened to one of them.',
  audit: 'Who was shown what, and who changed what.',
  findings: "Differences between the log and the report, and people's decisions on them.",
  reports: 'Downloads.',
  overrides: 'Forced changes of status, which take two persons.',
  runs: 'The ledger of runs, and starting one.',
  service: 'For whoever operates the service.',
  sessions: 'After-call work of sessions.',
  webhooks: 'What the vendor pushes.',
};

/** The description of the API, from the same schemas that read requests and shape answers (OpenAPI 3.1). */
function describeApi(routes: readonly Route[]): Json {
  const schemas = namedSchemas();
  const paths: Record<string, Json> = {};
  const described = routes.filter(({ answers }) => answers !== undefined);
  for (const line of described) {
    const path = line.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [line.method.toLowerCase()]: operation(line) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'adherence-reconciler',
      version: '1',
      description:
        'Findings, runs and agents of the adherence reconciler. Keys may be added to every document.',
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: '/', description: 'Where this description was read from.' }],
    security: [{ bearer: [] }, { basic: [] }],
    tags: [...new Set(described.map(tagOf))].map((name) => ({ name, description: TAGS[name] ?? name })),
    paths,
    components: {
      schemas,
      responses: sharedRefusals(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of HTTP_TOKENS.' },
        basic: { type: 'http', scheme: 'basic', description: "The token's name, and the token as password." },
      },
    },
  };
}

export function openApiRoutes(routes: () => readonly Route[]): Route[] {
  let description: string | undefined;
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      access: 'analyst',
      summary: 'This description.',
      answers: { 200: { description: 'OpenAPI 3.1.', type: 'application/json' } },
      handle: () => {
        description ??= JSON.stringify(describeApi(routes()));
        return { text: description, type: 'application/json; charset=utf-8' };
      },
    }),
  ];
}

function operation(line: Route): Json {
  const { summary, access, body, answers = {} } = line;
  return {
    operationId: operationId(line),
    summary,
    tags: [tagOf(line)],
    ...(isCalled(line) ? { description: `From the role \`${access}\` on.` } : { security: [] }),
    ...parametersOf(line),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: jsonOf(body) } } },
    }),
    responses: {
      ...refusalsOf(line),
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
    },
  };
}

/** Whether somebody with a token asks. */
function isCalled({ access }: Route): boolean {
  return access !== 'open' && access !== 'pushed';
}

/** What a route does not have to say itself. */
function refusalsOf(line: Route): Json {
  const own = isCalled(line) ? { ...TO_CALLERS, ...(line.body !== undefined && TO_BODIES) } : {};
  const statuses = Object.keys({ ...TO_ALL, ...own });
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]),
  );
}

function sharedRefusals(): Json {
  const all = Object.entries({ ...TO_ALL, ...TO_CALLERS, ...TO_BODIES });
  return Object.fromEntries(
    all.map(([status, description]) => [
      `Refused${status}`,
      response({ description, schema: problemDocument, type: 'application/problem+json' }),
    ]),
  );
}

function parametersOf({ params, query }: Route): Json {
  const list = [...parametersIn('path', params), ...parametersIn('query', query)];
  return list.length === 0 ? {} : { parameters: list };
}

function parametersIn(where: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonOf(schema) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, value]) => {
    const { description, ...rest } = value as Json;
    return {
      name,
      in: where,
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function response({ description, schema, type = 'application/json' }: Answer): Json {
  if (schema === undefined && type === 'application/json') return { description };
  const content = schema === undefined ? { type: 'string' } : jsonOf(schema);
  return {
    description,
    content: { [type]: { schema: type === 'application/json' && schema === undefined ? {} : content } },
  };
}

const NAMES = new Map<z.ZodType, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

/** A schema as JSON Schema of what is sent or read; documents with a name are pointed to. */
function jsonOf(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    override: pointToNamed,
  }) as Json;
  const { $schema: _, ...rest } = json;
  return rest;
}

interface Override {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: Json;
  readonly path: readonly (string | number)[];
}

function pointToNamed({ zodSchema, jsonSchema }: Override): void {
  const name = NAMES.get(zodSchema as z.ZodType);
  if (name === undefined) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  jsonSchema.$ref = `#/components/schemas/${name}`;
}

/** The documents themselves, written out; what they hold of others is pointed to. */
function namedSchemas(): Json {
  const override = (place: Override): void => {
    if (place.path.length > 0) pointToNamed(place);
  };
  const entries = Object.entries(NAMED).map(([name, schema]) => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', override }) as Json;
    return [name, json];
  });
  return Object.fromEntries(entries);
}

/** `GET /api/findings/:findingId` is `getApiFindingsByFindingId`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/:(\w+)/g, 'by-$1')
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
}

function tagOf({ path }: Route): string {
  const [, first = '', second = ''] = path.split('/');
  if (first === 'api') return second;
  return first === 'reports' || first === 'webhooks' ? first : 'service';
}
