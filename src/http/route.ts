// What a route is, and the two kinds of them: those that read the state and those that order a command.
import type { ServerResponse } from 'node:http';
import type { Static, TSchema } from 'typebox';
import type { Command } from '../commands/command.ts';
import type { Origin, Service } from '../commands/service.ts';
import type { State } from '../projections/state.ts';
import { refused } from './failure.ts';
import { validated } from './validate.ts';

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
  readonly options: HttpOptions;
  /** {name} of the path, decoded; '' where the path has none. */
  readonly name: string;
  /** undefined where the request has none. */
  readonly body: B;
  readonly origin: Origin;
  /** Aborts when the client hangs up before it is answered. */
  hungUp(): AbortSignal;
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
  /** Gives `data` of the answer; throws Failure. */
  readonly handle: (call: Call) => Promise<unknown>;
}

type Read = (state: State, name: string, options: HttpOptions) => unknown;

export const read = (path: string, summary: string, render: Read): Route => ({
  method: 'GET',
  path,
  summary,
  handle: async ({ service, name, options }) => render(service.state(), name, options),
});

interface Mutation<S extends TSchema> {
  readonly failureCode: number;
  readonly body: S;
  readonly handle: (call: Call<Static<S>>) => Promise<unknown>;
}

/** A command with a body. An empty body is read as {}: what is missing in it is then said by name. */
export const order = <S extends TSchema>(
  method: Route['method'],
  path: string,
  summary: string,
  { failureCode, body, handle }: Mutation<S>,
): Route => ({
  method,
  path,
  summary,
  failureCode,
  body,
  handle: (call) => handle({ ...call, body: validated(body, call.body ?? {}) }),
});

/** A command that the name alone says; a body is not looked at. */
export const orderByName = (
  method: Route['method'],
  path: string,
  summary: string,
  failureCode: number,
  command: 'stop' | 'pause' | 'continue' | 'delete' | 'deleteVolume',
): Route => ({
  method,
  path,
  summary,
  failureCode,
  handle: async (call) => {
    await submit(call, { do: command, name: call.name });
    return null;
  },
});

/** The version that the command made, where it makes one. Throws Failure when it is refused or fails. */
export async function submit(call: Call<unknown>, command: Exclude<Command, { do: 'execute' }>): Promise<number | undefined> {
  const outcome = await call.service.submit(command, call.origin);
  if (!outcome.ok) throw refused(outcome.rejection);
  return outcome.version;
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
