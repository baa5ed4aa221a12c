// The koa application: every request gets an id, a route and an answer, whatever happens on the way.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { Code } from '../commands/api-codes.ts';
import { commands } from '../commands/command.ts';
import type { Logger } from '../commands/outside/logger.ts';
import type { PastReads } from '../commands/reads.ts';
import { cut } from '../commands/request/quoted.ts';
import { LONGEST } from '../commands/request/schema.ts';
import { holdsSecrets } from '../commands/request/secret-body.ts';
import type { Service } from '../commands/service.ts';
import { sha256 } from '../events/hash.ts';
import { keyOf } from '../projections/keys/keyed-commands.ts';
import { type State, sealsSecrets } from '../projections/state.ts';
import { authorize, type Caller, seesAll } from './access/caller.ts';
import { Gate, OPEN } from './access/gate.ts';
import { noteRefusal } from './note-refusal.ts';
import type { Observed } from './observed.ts';
import { pageFileRoutes, pageRoutes } from './page/routes.ts';
import { drain, RequestAbortedError, readJson } from './request/body.ts';
import { BodyBudget } from './request/body-budget.ts';
import { etagOf, isDryRun, preconditionOf } from './request/conditions.ts';
import { originOf, requestIdOf } from './request/origin.ts';
import { preferenceOf } from './request/preference.ts';
import { refuseAt, stateAsked } from './request/state-asked.ts';
import { strangerFailure } from './request/stranger.ts';
import { refuseAnyField, refuseUnknownFields, refuseUnknownParameters } from './request/unknown-fields.ts';
import { requestLog } from './request-log.ts';
import type { RequestContext, RequestState } from './request-state.ts';
import { answerFailure, jsonText, success } from './response/answer.ts';
import { Failure, invalid, isOfTheDoor } from './response/failure.ts';
import { LongAnswer } from './response/long-answer.ts';
import { COMMON_HEADERS, JSON_TYPE, PreparedAnswers, sendPrepared } from './response/prepared-answers.ts';
import { RawAnswer } from './response/raw-answer.ts';
import { type ApiRoute, type HttpOptions, hangUpSignal, type Route } from './route.ts';
import { adoptRoutes } from './routes/adopt.ts';
import { eventRoutes } from './routes/event.ts';
import { ASK_FOR_REASONS, healthRoutes } from './routes/health.ts';
import { hostRoutes } from './routes/host.ts';
import { keyRoutes } from './routes/key.ts';
import { ledgerRoutes } from './routes/ledger.ts';
import { logRoutes } from './routes/log.ts';
import { operationRoutes } from './routes/operation.ts';
import { replicaSetRoutes } from './routes/replica-set.ts';
import { resourceRoutes } from './routes/resource.ts';
import { volumeRoutes } from './routes/volume.ts';

export interface AppParts {
  readonly service: Service;
  readonly past: PastReads;
  readonly observed: Observed;
  readonly options: HttpOptions;
  /** Tells requests with secret values apart, which a plain hash would let anybody guess. Absent: by a key of this process alone. */
  readonly macOf?: (text: string) => string;
  readonly logger: Logger;
  /** Milliseconds from any start: only differences count. */
  readonly now: () => number;
}

/** The endpoints of the API document, and ours beside them. */
export const apiRoutes: readonly ApiRoute[] = [
  ...replicaSetRoutes,
  ...volumeRoutes,
  ...resourceRoutes,
  ...ledgerRoutes,
  ...eventRoutes,
  ...logRoutes,
  ...operationRoutes,
  ...hostRoutes,
  ...adoptRoutes,
  ...keyRoutes,
];

/** All that the API's document has. */
export const documentedRoutes: readonly ApiRoute[] = [...apiRoutes, ...healthRoutes, ...pageRoutes];
const routes: readonly Route[] = [...documentedRoutes, ...pageFileRoutes];

/** Refuses a request that no route could take. Throws Failure. */
function checkPath(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw invalid(`the path ${cut(path)} is not percent-encoded UTF-8`);
  }
}

/** Throws Failure 'unavailable' while the service cannot serve the route. The reasons name what others have. */
function checkReady(route: Route, service: Service, caller: Caller): void {
  // Reads go on from memory, once there is anything in it.
  if (route.command === undefined && service.state().head.seq > 0) return;
  if (service.isReady()) return;
  const readiness = service.readiness();
  if (readiness.ready) return;
  const why = `not ready: ${seesAll(caller) ? readiness.reasons.join('; ') : ASK_FOR_REASONS}`;
  if (route.command === undefined) throw new Failure('unavailable', 503, why);
  throw new Failure('unavailable', commands[route.command].failureCode, `${why}; nothing was changed`);
}

/** What the route asks of its caller, by the options. */
const rightOf = ({ path, right }: Route, { openMetrics = false }: HttpOptions): Route['right'] =>
  path === '/metrics' && openMetrics ? 'open' : right;

/** Common to all requests. */
interface Shared {
  readonly gate: Gate;
  readonly prepared: PreparedAnswers;
  readonly budget: BodyBudget;
  readonly macOf: (text: string) => string;
}

/** The hash of a request's text. A repetition of one from before the log was raised, when nothing was sealed, has the plain hash of the first. */
function hashOf(body: unknown, state: State, actor: string, idempotencyKey: string, macOf: Shared['macOf']): (text: string) => string {
  if (!holdsSecrets(body, sealsSecrets(state))) return sha256;
  const first = state.commands.get(keyOf(actor, idempotencyKey));
  return (text) => (first?.bodyHash === sha256(text) ? sha256(text) : macOf(text));
}

/** For a service whose requests are repeated to this process alone. */
function macOfProcess(): (text: string) => string {
  const key = randomBytes(32);
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}

/** Nothing that needs an admin is in the Go program: there, no client counts on it that a word which is not known is ignored. */
const isOurs = ({ right }: Route): boolean => right === 'admin';

/** The parsed body; undefined where the route has none. Unknown fields are refused; of the Go program's routes they are ignored with --compat-go. Throws Failure. */
async function bodyOf(route: Route, ctx: RequestContext, { maxBody, compatGo }: HttpOptions, budget: BodyBudget): Promise<unknown> {
  if (route.method === 'GET') return undefined;
  // The Go program has no body of a stop, and looks at none.
  if (compatGo && (route.body === undefined || route.command === 'stop')) {
    await drain(ctx.req);
    return undefined;
  }
  const body = await readJson(ctx.req, maxBody, budget.openFor(ctx.res).take);
  ctx.state.body = body;
  if (route.body === undefined) {
    refuseAnyField(body);
    return undefined;
  }
  if (!compatGo || isOurs(route)) refuseUnknownFields(route.body, body);
  return body;
}

/** `dryRun` may be written in any case of letters. Throws Failure 'invalid'. */
function checkParameters({ method, query: known = {} }: Route, query: URLSearchParams): void {
  const isRead = method === 'GET';
  const asked = [...query.keys()].filter((name) => isRead || name.toLowerCase() !== 'dryrun');
  refuseUnknownParameters(asked, Object.keys(isRead ? known : { ...known, dryRun: '' }));
}

async function callRoute(
  route: Route,
  ctx: RequestContext,
  params: Readonly<Record<string, string>>,
  { service, past, observed, options }: AppParts,
  { gate, prepared, budget, macOf }: Shared,
): Promise<void> {
  const caller = ctx.state.caller ?? gate.look(ctx.req);
  authorize(rightOf(route, options), caller);
  const long = Object.entries(params).find(([, value]) => value.length > LONGEST.name);
  if (long !== undefined)
    throw invalid(`the ${long[0]} in the path is ${long[1].length} characters long: none has more than ${LONGEST.name}`);
  // A GET may have a body, which means nothing.
  if (route.method === 'GET') await drain(ctx.req);
  if (route.command !== undefined || route.path.startsWith('/api/')) checkReady(route, service, caller);
  const body = await bodyOf(route, ctx, options, budget);
  const hash = hashOf(body, service.state(), caller.actor, ctx.get('idempotency-key'), macOf);
  const origin = originOf(ctx.req, caller, ctx.state.requestId, ctx.path, body, hash);
  const query = new URLSearchParams(ctx.querystring);
  if (route.method !== 'GET') refuseAt(query);
  if ((!options.compatGo || isOurs(route)) && route.path.startsWith('/api/')) checkParameters(route, query);
  const setHeader = (header: string, value: string): void => ctx.set(header, value);
  const before = { state: service.state(), foreign: service.foreignGpus() };
  const data = await route.handle({
    service,
    past,
    observed,
    state: async () => (await stateAsked(query, past, setHeader)) ?? service.state(),
    options,
    name: params['name'] ?? '',
    params,
    query,
    setHeader,
    header: (header) => ctx.get(header),
    body,
    origin,
    caller,
    mayStay: () => gate.mayStay(caller),
    dryRun: isDryRun(query),
    precondition: preconditionOf(ctx.req),
    preference: preferenceOf(ctx.get('prefer')),
    hungUp: () => hangUpSignal(ctx.res),
    patience: () => hangUpSignal(ctx.res, options.requestTimeoutMs),
    setEtag: (seq) => ctx.set('ETag', etagOf(seq)),
  });
  ctx.state.code = Code.success;
  if (data instanceof RawAnswer) data.send(ctx);
  else {
    const body = data instanceof LongAnswer ? await data.body() : Buffer.from(jsonText(success(data)));
    ctx.body = body;
    ctx.type = data instanceof LongAnswer ? data.type : JSON_TYPE;
    if (!Buffer.isBuffer(body) || route.onStateAlone !== true || ctx.querystring !== '' || !seesAll(caller)) return;
    const etag = ctx.response.get('ETag');
    prepared.hold(ctx.originalUrl, { route: route.path, etag: etag === '' ? undefined : etag, body }, before.state, before.foreign);
  }
}

function addRoutes(router: Router<RequestState>, routes: readonly Route[], parts: AppParts, shared: Shared): void {
  for (const route of routes) {
    router.register(route.path, [route.method], async (ctx) => {
      ctx.state.route = route.path;
      try {
        await callRoute(route, ctx, ctx.params, parts, shared);
      } catch (error) {
        const { command } = route;
        if (command !== undefined) noteRefusal(command, ctx, ctx.params['name'] ?? '', error, parts.observed.rejections);
        throw error;
      }
    });
  }
}

/** Answers a request that no route took: 405 where another method would do, 404 otherwise. */
function answerUnrouted(router: Router<RequestState>, ctx: RequestContext): void {
  const methods = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
  if (methods.length === 0) throw new Failure('no-route', 404, `there is nothing at ${cut(ctx.path)}: /docs shows the API`);
  const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
  if (ctx.method !== 'OPTIONS') {
    throw new Failure('wrong-method', 405, `${ctx.method} is not possible at ${cut(ctx.path)}: use ${allow}`, { Allow: allow });
  }
  ctx.set('Allow', allow);
  ctx.status = 204;
}

/** Whether the answer lasts as long as its reader wants it to. */
const isStream = ({ res }: RequestContext): boolean => String(res.getHeader('content-type')).startsWith('text/event-stream');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
export interface HttpApp {
  callback(): Handler;
}

/** The HTTP side of the service: `createServer(createApp(parts).callback())`. It never throws and never ends the process. */
export function createApp(parts: AppParts): HttpApp {
  const { service, past, options } = parts;
  const prepared = new PreparedAnswers(service);
  const gate = new Gate({ state: () => service.state(), options: options.access ?? OPEN, now: () => past.now() });
  const whole = wholeWay(parts, { gate, prepared, budget: new BodyBudget(), macOf: parts.macOf ?? macOfProcess() }).callback();
  const logged = requestLog(parts.logger, parts.now);
  const handle: Handler = (request, response) => {
    const found = strangerFailure(request, options) === null ? prepared.find(request) : undefined;
    // Who may not have it, or makes claims that are not usable, is refused on the whole way.
    const caller = found === undefined ? null : callerOf(request, gate);
    if (found === undefined || caller === null || !seesAll(caller)) {
      void whole(request, response);
      return;
    }
    const requestId = requestIdOf(request);
    const startedAt = parts.now();
    if (parts.logger.isLevelEnabled?.('debug') !== false) {
      const state = { requestId, caller, route: found.route, code: Code.success };
      response.on('close', () => logged({ req: request, res: response, path: request.url ?? '', state }, startedAt));
    }
    sendPrepared(response, found, requestId);
    parts.observed.request('GET', found.route, 200, parts.now() - startedAt);
  };
  return { callback: () => handle };
}

function callerOf(request: IncomingMessage, gate: Gate): Caller | null {
  try {
    return gate.look(request);
  } catch {
    return null;
  }
}

function wholeWay(parts: AppParts, shared: Shared): Koa<RequestState> {
  const { options, logger, now } = parts;
  const app = new Koa<RequestState>();
  const router = new Router<RequestState>({ sensitive: true, strict: true });
  addRoutes(router, routes, parts, shared);
  const open = new Set(routes.filter((route) => rightOf(route, options) === 'open').map(({ path }) => path));

  function toFailure(error: unknown, ctx: RequestContext): Failure {
    if (error instanceof Failure) return error;
    const { requestId } = ctx.state;
    if (error instanceof RequestAbortedError) return invalid(error.message);
    logger.error({ err: error, requestId, method: ctx.method, path: ctx.path }, 'request failed');
    return new Failure('internal', 500, `internal error; the log says more under request id ${requestId}`);
  }

  const logged = requestLog(logger, now);
  app.use(async (ctx, next) => {
    const startedAt = now();
    const requestId = requestIdOf(ctx.req);
    ctx.state.requestId = requestId;
    ctx.set({ ...COMMON_HEADERS, 'X-Request-Id': requestId });
    ctx.res.on('close', () => {
      logged(ctx, startedAt);
      parts.observed.request(ctx.method, ctx.state.route ?? 'none', ctx.res.statusCode, isStream(ctx) ? null : now() - startedAt);
    });
    try {
      const stranger = strangerFailure(ctx.req, options);
      if (stranger !== null) {
        ctx.state.isFlood = shared.gate.isFlood(ctx.req);
        throw stranger;
      }
      const caller = shared.gate.look(ctx.req);
      ctx.state.caller = caller;
      if (caller.role === 'none' && !open.has(ctx.path)) shared.gate.refuse(ctx.req, caller);
      checkPath(ctx.path);
      await next();
    } catch (error) {
      const failure = toFailure(error, ctx);
      ctx.state.code = failure.code;
      ctx.state.reason = failure.message;
      const outcomeOfApi = router.match(ctx.path, ctx.method).route && ctx.path.startsWith('/api/');
      answerFailure(ctx, failure, options.compatGo && outcomeOfApi && !isOfTheDoor(failure.kind));
      await drain(ctx.req);
    }
  });
  app.use(router.routes());
  app.use(async (ctx) => answerUnrouted(router, ctx));

  // Errors while an answer is being sent: mostly the client is gone.
  app.silent = true;
  app.on('error', (error: unknown) => logger.debug({ err: error }, 'answer was not sent'));
  return app;
}
