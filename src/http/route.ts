// What a route is, and the two kinds of them: those that read the state and those that order a command.
import type { ServerResponse } from 'node:http';
import type { Static, TSchema } from 'typebox';
import type { Command } from '../commands/command.ts';
import type { PastReads } from '../commands/reads.ts';
import type { Origin, Precondition, Service } from '../commands/service.ts';
import type { State } from '../projections/state.ts';
import type { Observed } from './observed.ts';
import { validated } from './request/validate.ts';
import { refused } from './response/failure.ts';

/** The server's options that answers depend on. */
export interface HttpOptions {
  /** Bytes of a request's body that are read at most. */
  readonly maxBody: number;
  /** Answer as the Go program does: HTTP 200 for every outcome, `Info` for a replicaSet. */
  readonly compatGo: boolean;
  /** The host whose GPUs and ports are shown. */
  readonly hostName: string;
}

/** One request, as a handler sees it. */
export interface Call<B = unknown> {
  readonly service: Service;
  readonly past: PastReads;
  readonly observed: Observed;
  /** The state now, or as ?at= asks for it; a header then says which. Throws Failure. */
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
  /** Only say what would be done (?dryRun=true). */
  readonly dryRun: boolean;
  readonly precondition: Precondition;
  /** Aborts when the client hangs up before it is answered. */
  hungUp(): AbortSignal;
  /** The ETag of the answer: the version of the stream that it is about. */
  setEtag(seq: number): void;
  /** Of the answer. */
  setHeader(name: string, value: string): void;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `:name` where the API document says {name}. */
  readonly path: string;
  /** The document's own title of it. */
  readonly summary: string;
  /** For mutations: the code of a request that could not be carried out. */
  readonly failureCode?: number;
  readonly body?: TSchema;
  /** What the query may say, and what that means. */
  readonly query?: Readonly<Record<string, string>>;
  /** Gives `data` of the answer; throws Failure. */
  readonly handle: (call: Call) => Promise<unknown>;
}

/** The commands that `submit` takes. */
export type Order = Exclude<Command, { do: 'execute' }>;

const AT = 'The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last.';

type Render = (state: State, name: string, options: HttpOptions) => unknown;

/** `about` gives the stream's version where the answer is about one stream. */
export const read = (path: string, summary: string, render: Render, about?: (state: State, name: string) => number | undefined): Route => ({
  method: 'GET',
  path,
  summary,
  query: { at: AT },
  handle: async ({ state: stateAsked, name, options, setEtag }) => {
    const state = await stateAsked();
    const data = render(state, name, options);
    const seq = about?.(state, name);
    if (seq !== undefined) setEtag(seq);
    return data;
  },
});

interface Mutation<S extends TSchema> {
  readonly failureCode: number;
  readonly body: S;
  readonly command: (call: Call<Static<S>>) => Order;
  /** `data` of the answer once it is done; `version` is the one that was made, where one was made. */
  readonly answer: (call: Call<Static<S>>, version: number | undefined) => unknown;
}

/** A command with a body. An empty body is read as {}: what is missing in it is then said by name. */
export const order = <S extends TSchema>(
  method: Route['method'],
  path: string,
  summary: string,
  { failureCode, body, command, answer }: Mutation<S>,
): Route => ({
  method,
  path,
  summary,
  failureCode,
  body,
  handle: (call) => {
    const checked = { ...call, body: validated(body, call.body === undefined ? {} : call.body) };
    return carryOut(call, command(checked), (version) => answer(checked, version));
  },
});

/** A command that the name alone says; a body is not looked at. */
export const orderByName = (
  method: Route['method'],
  path: string,
  summary: string,
  failureCode: number,
  command: 'stop' | 'pause' | 'continue' | 'delete' | 'deleteVolume',
): Route => ({ method, path, summary, failureCode, handle: (call) => carryOut(call, { do: command, name: call.name }, () => null) });

/** Throws Failure when the command is refused or fails. */
async function carryOut(call: Call, command: Order, answer: (version: number | undefined) => unknown): Promise<unknown> {
  const { service, origin, precondition } = call;
  if (call.dryRun) {
    const planned = await service.plan(command, origin, precondition);
    if (!planned.ok) throw refused(planned.rejection);
    if (planned.plan.etag !== null) call.setEtag(planned.plan.etag);
    return planned.plan;
  }
  const outcome = await service.submit(command, origin, precondition);
  if (!outcome.ok) throw refused(outcome.rejection);
  return answer(outcome.version);
}

/** Aborts when the connection ends before the answer has been sent. */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const check = (): void => {
    if (!response.writableEnded) controller.abort(new Error('the client hung up'));
  };
  if (response.destroyed || response.req.socket.destroyed) check();
  else response.once('close', check);
  return controller.signal;
}
