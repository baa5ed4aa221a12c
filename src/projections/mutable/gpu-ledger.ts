// A mutable fold: who held which GPU from when to when, and who ordered it, from GpuAllocated and GpuReleased. Unlike the state it is
// changed in place, because it only ever grows: copying on write would copy the history of a GPU for every event. The server retains the
// last part of the log in it, and what is open at its beginning; the holdings that ended before are packed (ledger-part.ts). The same events
// always give the same ledger.
import type { Event, EventOf } from '../../events/catalogue.ts';
import type { Envelope } from '../../events/envelope.ts';
import { upcast } from '../../events/evolution/upcasters.ts';
import { LogCorruptError } from '../../events/log.ts';
import { replicaSetOfStream } from '../../events/stream.ts';

/** The event that gave a GPU to a replicaSet, or took it back. */
export interface Handover {
  readonly seq: number;
  /** Its time, ms since the epoch. */
  readonly ms: number;
  readonly command: string;
  readonly commandName: string;
  readonly actor: string;
}

/** One replicaSet's hold on one GPU, from GpuAllocated to GpuReleased. A new version that keeps the GPU does not end it. */
export interface Holding {
  readonly gpu: string;
  readonly host: string;
  readonly replicaSet: string;
  /** The version that the GPU was allocated for. */
  readonly version: number;
  readonly gave: Handover;
  /** Null while the GPU is held. */
  took: Handover | null;
}

/** When the driver reported the GPU, ms since the epoch. `to` is null while it still does. */
export interface Presence {
  readonly from: number;
  to: number | null;
}

export interface GpuLedger {
  readonly gpu: string;
  readonly host: string;
  index: number;
  name: string;
  /** Ascending, without overlap. */
  readonly known: Presence[];
  /** Ascending, without overlap: only the last can be open. */
  readonly holdings: Holding[];
}

export interface Ledger {
  /** By host and GPU, in the order of their discovery. */
  readonly gpus: Map<string, GpuLedger>;
  /** Time of the log's first event, ms since the epoch; null on an empty log. */
  began: number | null;
  /** The last event in the ledger. */
  seq: number;
}

export const emptyLedger = (): Ledger => ({ gpus: new Map(), began: null, seq: 0 });

/**
 * Adds the events, which must follow the last one in the ledger. Throws LogCorruptError for a hole, and for a hold that cannot have been.
 */
export function addToLedger(ledger: Ledger, events: readonly Envelope[]): void {
  for (const stored of events) {
    if (stored.seq !== ledger.seq + 1) throw new LogCorruptError(ledger.seq + 1, 'is missing in the ledger');
    ledger.seq = stored.seq;
    ledger.began ??= Date.parse(stored.time);
    for (const event of upcast(stored)) addEvent(ledger, event);
  }
}

function addEvent(ledger: Ledger, event: Event): void {
  if (event.type === 'GpuAllocated') allocate(ledger, event);
  else if (event.type === 'GpuReleased') release(ledger, event);
  else if (event.type === 'GpuDiscovered') discover(ledger, event);
  else if (event.type === 'GpuLost') lose(ledger, event);
}

function gpuOf(ledger: Ledger, event: Event, gpu: string): GpuLedger {
  const found = ledger.gpus.get(`${event.host}/${gpu}`);
  if (found === undefined) throw new LogCorruptError(event.seq, `GPU ${gpu} is not known on ${event.host}`);
  return found;
}

const handover = ({ seq, time, command }: Event): Handover => ({
  seq,
  ms: Date.parse(time),
  command: command.id,
  commandName: command.name,
  actor: command.actor,
});

const nameOf = (event: Event): string => replicaSetOfStream(event.stream) ?? '';

function allocate(ledger: Ledger, event: EventOf<'GpuAllocated'>): void {
  const gave = handover(event);
  const replicaSet = nameOf(event);
  const { host, data } = event;
  for (const gpu of data.gpus) {
    const { holdings } = gpuOf(ledger, event, gpu);
    const last = holdings.at(-1);
    if (last?.took === null) throw new LogCorruptError(event.seq, `GPU ${gpu} given to ${replicaSet} while ${last.replicaSet} holds it`);
    holdings.push({ gpu, host, replicaSet, version: data.version, gave, took: null });
  }
}

function release(ledger: Ledger, event: EventOf<'GpuReleased'>): void {
  const took = handover(event);
  for (const gpu of event.data.gpus) {
    const last = gpuOf(ledger, event, gpu).holdings.at(-1);
    if (last === undefined || last.took !== null || last.replicaSet !== nameOf(event)) {
      throw new LogCorruptError(event.seq, `GPU ${gpu} released by ${nameOf(event)}, which does not hold it`);
    }
    last.took = took;
  }
}

function discover(ledger: Ledger, event: EventOf<'GpuDiscovered'>): void {
  const { host } = event;
  const { gpu, index, name } = event.data;
  const key = `${host}/${gpu}`;
  const found = ledger.gpus.get(key) ?? { gpu, host, index, name, known: [], holdings: [] };
  ledger.gpus.set(key, found);
  Object.assign(found, { index, name });
  if (found.known.at(-1)?.to !== null) found.known.push({ from: Date.parse(event.time), to: null });
}

function lose(ledger: Ledger, event: EventOf<'GpuLost'>): void {
  const last = gpuOf(ledger, event, event.data.gpu).known.at(-1);
  if (last?.to === null) last.to = Date.parse(event.time);
}

/** The end of a part, which the next one begins with: the GPUs in the order of their discovery, and their open holdings and times. */
export interface LedgerEnd {
  readonly began: number | null;
  readonly seq: number;
  readonly gpus: readonly GpuAtEnd[];
}

interface GpuAtEnd {
  readonly gpu: string;
  readonly host: string;
  readonly index: number;
  readonly name: string;
  /** Since when the driver reports it, ms since the epoch; null when it does not. */
  readonly knownFrom: number | null;
  /** Null while it is free. */
  readonly held: Holding | null;
}

/** The holdings and the times of GPUs that ended in a part. A GPU is named by its place in the order of discovery, which never changes. */
export interface Ended {
  /** By the sequence of their end. */
  readonly holdings: readonly { readonly gpu: number; readonly holding: Holding; readonly took: Handover }[];
  readonly known: readonly { readonly gpu: number; readonly from: number; readonly to: number }[];
}

export const endOf = ({ began, seq, gpus }: Ledger): LedgerEnd => ({
  began,
  seq,
  gpus: [...gpus.values()].map(({ gpu, host, index, name, known, holdings }) => {
    const [presence, last] = [known.at(-1), holdings.at(-1)];
    return {
      gpu,
      host,
      index,
      name,
      knownFrom: presence?.to === null ? presence.from : null,
      held: last?.took === null ? { ...last } : null,
    };
  }),
});

/** An empty ledger is the one after the end of no part. */
export const ledgerAfter = ({ began, seq, gpus }: LedgerEnd): Ledger => ({
  began,
  seq,
  gpus: new Map(
    gpus.map(({ gpu, host, index, name, knownFrom, held }) => [
      `${host}/${gpu}`,
      {
        gpu,
        host,
        index,
        name,
        known: knownFrom === null ? [] : [{ from: knownFrom, to: null }],
        holdings: held === null ? [] : [{ ...held }],
      },
    ]),
  ),
});

export function endedIn({ gpus }: Ledger): Ended {
  const all = [...gpus.values()];
  const holdings = all.flatMap((one, gpu) =>
    one.holdings.flatMap((holding) => (holding.took === null ? [] : { gpu, holding, took: holding.took })),
  );
  const known = all.flatMap((one, gpu) => one.known.flatMap(({ from, to }) => (to === null ? [] : { gpu, from, to })));
  return { holdings: holdings.sort((a, b) => a.took.seq - b.took.seq), known };
}
