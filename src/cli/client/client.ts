// The typed client of the API, published as gpu-docker-api/client. Its types are made from the API's document.
import createOpenApiClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, paths, plannedPaths } from './api.ts';

export type { components, operations, paths } from './api.ts';

export type Schemas = components['schemas'];
/** The body of every answer that is a failure. `code` tells failures apart (docs/errors.md), `msg` is for people. */
export type Failed = Schemas['Failed'];
/** The events and steps that a command would cause. */
export type Plan = Schemas['Plan'];

export const DEFAULT_SERVER = 'http://127.0.0.1:2378';

export interface ClientSettings {
  /** URL of the server, http or https, with the path of a proxy where there is one. Default: http://127.0.0.1:2378. */
  readonly server?: string;
  /** The API key. */
  readonly key?: string;
  /** Of every request: X-Actor, for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The answer was a failure. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /** The API's code; 0 where the answer did not come from the API. */
  readonly code: number;
  readonly response: Response;
  constructor(message: string, code: number, response: Response) {
    super(message);
    this.code = code;
    this.status = response.status;
    this.response = response;
  }
}

type Json = 'application/json';
type Planned<Operation> = Omit<Operation, 'responses'> & {
  responses: (Operation extends { responses: infer Responses } ? Omit<Responses, 200> : never) & {
    200: { headers: Record<string, unknown>; content: { [K in Json]: { code: 200; msg: 'Success'; data: Plan } } };
  };
};
type PlanPaths = {
  [P in plannedPaths[keyof plannedPaths]]: {
    [M in keyof plannedPaths & keyof paths[P] as P extends plannedPaths[M] ? M : never]: Planned<paths[P][M]>;
  };
};

export interface ApiClient extends Client<paths, Json> {
  /** As the methods of the same names, but nothing is changed: the answer is the plan. */
  readonly plan: Pick<Client<PlanPaths, Json>, 'POST' | 'PUT' | 'PATCH' | 'DELETE'>;
}

/** Throws ApiError for an answer that is not the API's: something else answers at this address, or a proxy in front of it. */
const onlyTheApi: Middleware = {
  onResponse: ({ request, response, options }) => {
    const isJsonDue = !response.ok || (options.parseAs === 'json' && response.status !== 204);
    if (!isJsonDue || /^application\/(problem\+)?json\b/.test(response.headers.get('Content-Type') ?? '')) return;
    throw notTheApi(request.url, response);
  },
};

const notTheApi = (url: string, response: Response): ApiError =>
  new ApiError(`this is not a gpu-docker-api: ${url} answered ${response.status}`, 0, response);

const onlyPlan: Middleware = {
  onRequest: ({ request }) => {
    const url = new URL(request.url);
    url.searchParams.set('dryRun', 'true');
    return new Request(url, request);
  },
};

/**
 * A client of the server:
 *
 *     const api = createClient({ server: 'https://gpu-box-1:2378', key });
 *     const { data, error } = await api.POST('/api/v1/replicaSet', { body: { imageName, replicaSetName: 'train', gpuCount: 2 } });
 *     if (error) console.error(error.code, error.msg);
 *     else console.log(data.data.name);
 *
 * A method resolves to `data` or `error` whatever the server says. It rejects when the server cannot be reached, and with an ApiError when the
 * API did not answer. Throws TypeError for a `server` that is not a URL of http or https.
 */
export function createClient({ server = DEFAULT_SERVER, key, headers = {}, fetch }: ClientSettings = {}): ApiClient {
  const url = new URL(server);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`${server} is not a URL of http or https`);
  const settings = {
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    headers: { ...headers, ...(key !== undefined && key !== '' && { Authorization: `Bearer ${key}` }) },
    ...(fetch !== undefined && { fetch }),
  };
  const client = createOpenApiClient<paths, Json>(settings);
  const plan = createOpenApiClient<PlanPaths, Json>(settings);
  client.use(onlyTheApi);
  plan.use(onlyTheApi, onlyPlan);
  return { ...client, plan };
}

const hasCode = (body: unknown): boolean => typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'number';

export interface Result<T> {
  readonly data?: { readonly code: number; readonly data?: T } | undefined;
  readonly error?: Pick<Failed, 'code' | 'msg'>;
  readonly response: Response;
}

/**
 * `data` of a successful answer:
 *
 *     const { replicaSets } = await dataOf(api.GET('/api/v1/replicaSet'));
 *
 * Throws ApiError when the answer is a failure, also one of status 200 from a server with --compat-go.
 */
export async function dataOf<T>(answer: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (error !== undefined && hasCode(error)) throw new ApiError(error.msg, error.code, response);
  if (data === undefined || !hasCode(data)) throw notTheApi(response.url, response);
  if (data.code !== 200) throw new ApiError('msg' in data ? String(data.msg) : '', data.code, response);
  return data.data as T;
}
