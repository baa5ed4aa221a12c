// A route of the API, and its two kinds: it reads the state, or it orders a command.
import type { ServerResponse } from 'node:http';
import type { Static, TSchema } from 'typebox';
import { type CommandKind, type CommandOf, commands, type Mutation, streamOf } from '../commands/command.ts';
import { type ForeignGpus, NO_FOREIGN_GPUS } from '../commands/host/foreign.ts';
import type { PastReads } from '../commands/reads.ts';
import type { NoBody } from '../commands/request/schema.ts';
import type { CommandOutcome, OperationInfo, Origin, Precondition, Service } from '../commands/service.ts';
import { withoutSealed } from '../events/hidden.ts';
import type { State } from '../projections/state.ts';
import type { Caller, Right } from './access/caller.ts';
import type { AccessOptions } from './access/gate.ts';
import { ownPart } from './access/own-part.ts';
import type { Observed } from './observed.ts';
import { Nothing } from './openapi/schema-parts.ts';
import type { Preference } from './request/preference.ts';
import { validated } from './request/validate.ts';
import { accepted, outcomeOrOperation } from './response/accepted.ts';
import { refused } from './response/failure.ts';

/** The server's options that answers depend on. */
export interface HttpOptions {
  /** Bytes of a request's body that are read at most. */
  readonly maxBody: number;
  /** Answer as the Go program does: HTTP 200 for every outcome, `Info` for a replicaSet. */
  readonly compatGo: boolean;
  /** Host names that the service is known by, in lower case; addresses and localhost always are. */
  readonly allowHosts?: readonly string[];
  /** Time that a client waits for its command at most, ms. */
  readonly requestTimeoutMs: number;
  /** The host whose GPUs and ports are shown. */
  readonly hostName: string;
  /** Who gets in; absent: whoever reaches the service, while its log has no keys. */
  readonly access?: AccessOptions;
  /** The numbers of /metrics need no key. */
  readonly openMetrics?: boolean;
  /** The service speaks TLS itself. */
  readonly tls?: boolean;
}

/** One request, as a handler sees it. */
export interface Call<B = unknown> {
  readonly service: Service;
  readonly past: PastReads;
  readonly observed: Observed;
  /** The state now, or at the moment of ?at=, which a header of the answer then names. Throws Failure. */
  state(): Promise<State>;
  readonly options: HttpOptions;
  /** {name} of the path, decoded; '' where the path has none. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Of the request; '' where it has none. */
  header(name: string): string;
  /** undefined where the request has none. */
  readonly body: B;
  readonly origin: Origin;
  readonly caller: Caller;
  /** Whether the caller may stay: asked again and again by an answer that has no end. */
  mayStay(): boolean;
  /** ?dryRun=true: answer with the plan and change nothing. */
  readonly dryRun: boolean;
  readonly precondition: Precondition;
  /** Whether it would rather have 202 than wait. */
  readonly preference: Preference;
  /** Aborts when the client hangs up before it is answered. */
  hungUp(): AbortSignal;
  /** Aborts when the client hangs up before it is answered, or has waited for as long as a request may. */
  patience(): AbortSignal;
  /** The ETag of the answer: the version of the stream that it is about. */
  setEtag(seq: number): void;
  /** Of the answer. */
  setHeader(name: string, value: string): void;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` where the API document says {name}. */
  readonly path: string;
  /** The document's own title of it. */
  readonly summary: string;
  /** What its caller needs. */
  readonly right: Right;
  /** The command that it orders; its failureCode is the code of a request that could not be carried out. */
  readonly command?: CommandKind;
  /** Without it, a body is not looked at. */
  readonly body?: TSchema;
  /** The parameters of the query: a text's meaning, or a schema with a description. */
  readonly query?: Readonly<Record<string, string | TSchema>>;
  /** Without a query, the state and the GPUs in use outside this log decide the answer alone: it can be sent again while they are the same. */
  readonly onStateAlone?: boolean;
  /** Gives `data` of the answer; throws Failure. */
  readonly handle: (call: Call) => Promise<unknown>;
}

/** A route of the OpenAPI document. */
export interface ApiRoute extends Route {
  /** The operationId of the document, and so the name in generated clients: verb and noun. It never changes. */
  readonly id: string;
  /** The schema of the `data` of its JSON answer; absent where it has none. */
  readonly answer?: TSchema;
  /** The other content types that it answers in, with the schemas of the whole bodies. */
  readonly alsoAs?: Readonly<Record<string, TSchema>>;
  /** ?dryRun=true is answered with a Plan. */
  readonly plans?: boolean;
  /** Its answer has an ETag. */
  readonly hasEtag?: boolean;
}

/** The meaning of `at`. */
export const AT =
  'The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last.';

interface Reading {
  readonly answer: TSchema;
  /** `foreign`: GPUs that are in use outside this log; none where the past is asked for, which nobody observed. */
  readonly data: (state: State, name: string, options: HttpOptions, foreign: ForeignGpus, query: URLSearchParams) => unknown;
  /** Parameters of the query beside `at`, and their meanings. */
  readonly query?: ApiRoute['query'];
  /** Absent: `read`. */
  readonly right?: 'read' | 'readAll';
  /** The version of the stream that the answer is about, where it is about a single one. */
  readonly etag?: (state: State, name: string) => number | undefined;
}

export const read = (
  path: string,
  id: string,
  summary: string,
  { answer, data, etag, query: more, right = 'read' }: Reading,
): ApiRoute => ({
  method: 'GET',
  path,
  id,
  summary,
  right,
  query: { ...more, at: AT },
  answer,
  hasEtag: etag !== undefined,
  onStateAlone: true,
  handle: async ({ state: stateAsked, name, options, query, service, caller, setEtag }) => {
    const state = ownPart(await stateAsked(), caller, path, name);
    const rendered = data(state, name, options, query.has('at') ? NO_FOREIGN_GPUS : service.foreignGpus(), query);
    const seq = etag?.(state, name);
    if (seq !== undefined) setEtag(seq);
    return rendered;
  },
});

type BodyOf<K extends CommandKind> = Static<(typeof commands)[K]['schema']>;

interface Ordering<K extends Mutation['do']> {
  readonly command: (call: Call<BodyOf<K>>) => CommandOf<K> & Mutation;
  readonly answer: TSchema;
  /** `data` of the answer once it is done; `version` is the one that was made, where one was made, and `warning` as in CommandOutcome. */
  readonly data: (call: Call<BodyOf<K>>, version: number | undefined, warning: string | undefined) => unknown;
}

/** A command with a body. An empty body is read as {}, so that the answer names the fields that are missing. */
export const order = <K extends Mutation['do']>(
  method: Route['method'],
  path: string,
  id: string,
  summary: string,
  kind: K,
  { command, answer, data }: Ordering<K>,
): ApiRoute => {
  const schema: (typeof commands)[K]['schema'] = commands[kind].schema;
  return {
    method,
    path,
    id,
    summary,
    right: 'operate',
    command: kind,
    body: schema,
    answer,
    plans: true,
    handle: (call) => {
      const checked = { ...call, body: validated(schema, call.body === undefined ? {} : call.body) };
      return carryOut(call, command(checked), ({ version, warning }) => data(checked, version, warning));
    },
  };
};

type WithoutBody = { [K in Mutation['do']]: typeof NoBody extends (typeof commands)[K]['schema'] ? K : never }[Mutation['do']];
/** The commands that say nothing but the name. */
type ByName = Exclude<WithoutBody, 'removeVersion'>;

/** A command without a body, all of which is in the path. */
export const orderByPath = <K extends WithoutBody>(
  method: Route['method'],
  path: string,
  id: string,
  summary: string,
  kind: K,
  command: (call: Call) => CommandOf<K> & Mutation,
  answer: TSchema = Nothing,
): ApiRoute => ({
  method,
  path,
  id,
  summary,
  right: 'operate',
  command: kind,
  answer,
  plans: true,
  handle: async (call) => carryOut(call, command(call), ({ warning }) => (warning === undefined ? null : { warning })),
});

export const orderByName = (method: Route['method'], path: string, id: string, summary: string, kind: ByName, answer?: TSchema): ApiRoute =>
  orderByPath<ByName>(method, path, id, summary, kind, ({ name }) => ({ do: kind, name }), answer);

type Done = Extract<CommandOutcome, { ok: true }>;

/** Throws Failure when the command is refused or fails. */
async function carryOut(call: Call, command: Mutation, answer: (done: Done) => unknown): Promise<unknown> {
  const { service, origin, precondition } = call;
  if (call.dryRun) {
    const planned = await service.plan(command, origin, precondition, call.patience());
    if (!planned.ok) throw refused(planned.rejection);
    if (planned.plan.etag !== null) call.setEtag(planned.plan.etag);
    return withoutSealed(planned.plan);
  }
  const patience = call.patience();
  const submit = (onBegun?: (operation: string) => void): Promise<CommandOutcome> =>
    service.submit(command, origin, precondition, patience, onBegun);
  const underWay = (id: string): OperationInfo | null => {
    const operation = service.operationOn(streamOf(command));
    return operation?.id === id ? operation : null;
  };
  const first = await outcomeOrOperation(call.preference, submit, underWay);
  if ('operation' in first) return accepted(first.operation);
  const { outcome } = first;
  if (!outcome.ok) throw refused(outcome.rejection);
  return answer(outcome);
}

/** Longest delay of a timer, ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Aborts when the connection ends before the answer has been sent; with `ms` also when there is none by then. */
export function hangUpSignal(response: ServerResponse, ms?: number): AbortSignal {
  const controller = new AbortController();
  const late = (): void => controller.abort(new Error(`no answer within the ${Number(ms) / 1_000} s that a request may wait`));
  const timer = ms === undefined ? undefined : setTimeout(late, Math.min(ms, LONGEST_MS)).unref();
  const check = (): void => {
    clearTimeout(timer);
    if (!response.writableEnded) controller.abort(new Error('the client hung up'));
  };
  if (response.destroyed || response.req.socket.destroyed) check();
  else response.once('close', check);
  return controller.signal;
}
