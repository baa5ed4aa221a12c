// One name of the Go program: the server is asked to take it in, and says what it found.
import type { AskedUnlabelled } from '../../commands/request/adopt-body.ts';
import type { EtcdReader } from '../../infra/etcd/reader.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { apiOf, orderedBy, RefusedError, resultOf } from '../ask.ts';
import type { ApiClient, Plan } from '../client/client.ts';
import type { Adopted } from '../log/adopt.ts';
import type { Arguments, Terminal } from '../subcommand.ts';
import { type GoKeys, historyOf } from './go-keys.ts';
import { type ContainerInfo, gpusOf, isoTime, pastVersion, portsOf, sizeOf, type VolumeInfo } from './go-values.ts';

export interface Taken {
  readonly what: 'replicaSet' | 'volume';
  readonly name: string;
  /** `gone`: a key is left, and Docker has nothing of it. */
  readonly outcome: 'taken' | 'already' | 'gone' | 'refused';
  /** The container or volume with what it holds, or the reason. */
  readonly text: string;
  /** Sentences on what is otherwise than the key says, or will be with the next version. */
  readonly notes: readonly string[];
  /** UUIDs and host ports that it holds from now on. */
  readonly gpus: readonly string[];
  readonly ports: readonly number[];
}

export interface Order {
  readonly args: Arguments;
  readonly io: Terminal;
  readonly by: string;
  readonly dryRun: boolean;
  /** So far: in a dry run nothing is leased, and two may want the same. */
  readonly taken: readonly Taken[];
}

interface Key<Info> {
  readonly name: string;
  readonly info: Info | string;
}

/** An answer of the server, or of a dry run its plan. */
type Answer = Adopted | Plan;

const NOTHING = { notes: [], gpus: [], ports: [] } as const;
/** Of an answer that is about this name alone. With --compat-go every status is 200. */
const MAY_GO_ON: readonly number[] = [200, 400, 404, 409, 413, 421, 422];

interface Refused {
  readonly refused: string;
  readonly isGone: boolean;
  readonly isTooLarge: boolean;
}

/** Throws where the server refuses all alike: no key, not leading, not reachable. */
async function answerOf(sent: Promise<Answer>): Promise<Answer | Refused> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof UsageError) return { refused: error.message, isGone: false, isTooLarge: false };
    if (!(error instanceof RefusedError) || !MAY_GO_ON.includes(error.status)) throw error;
    return { refused: error.message, isGone: /^Docker has no /.test(error.message), isTooLarge: error.status === 413 };
  }
}

const apiFor = ({ args, io, by }: Order): ApiClient => apiOf(args, io, { headers: orderedBy(by) });

/** Of a name whose key cannot be read: it may have been adopted by itself since. */
async function unreadable(it: Pick<Taken, 'what' | 'name'>, why: string, looked: Promise<unknown>): Promise<Taken> {
  try {
    await looked;
    return { ...it, ...NOTHING, outcome: 'already', text: '' };
  } catch (error) {
    const isUnknown = error instanceof UsageError || (error instanceof RefusedError && MAY_GO_ON.includes(error.status));
    if (!isUnknown) throw error;
    return { ...it, ...NOTHING, outcome: 'refused', text: why };
  }
}

export async function takeInVolume(by: Order, { name, info }: Key<VolumeInfo>): Promise<Taken> {
  const it = { what: 'volume', name, ...NOTHING } as const;
  if (typeof info === 'string')
    return unreadable(it, info, resultOf(apiFor(by).GET('/api/v1/volumes/{name}', { params: { path: { name } } })));
  const size = sizeOf(info);
  const asked = { version: info.version, createTime: isoTime(info.createTime), ...(size !== undefined && { size }) };
  const api = apiFor(by);
  const order = { params: { path: { name } }, body: { unlabelled: asked } };
  const path = '/api/v1/volumes/{name}/adopt';
  const answer = await answerOf(by.dryRun ? resultOf(api.plan.POST(path, order)) : resultOf(api.POST(path, order)));
  const volumeName = `${name}-${info.version}`;
  // The Go program leaves the keys of deleted volumes behind.
  if ('refused' in answer) return { ...it, outcome: answer.isGone ? 'gone' : 'refused', text: answer.isGone ? volumeName : answer.refused };
  const isNew = 'events' in answer ? answer.events.length > 0 : answer.version > 0;
  if (!isNew) return { ...it, outcome: 'already', text: '' };
  const notes =
    size === undefined ? ['it was made without a size: the log has it at the size of its files today, which nobody enforces'] : [];
  return { ...it, outcome: 'taken', text: `${volumeName}${size === undefined ? '' : ` (${size})`}`, notes };
}

/** The version that the key has, and where Docker has none of it the one that the map has: the program writes the key a moment later. */
function candidatesOf(name: string, { version }: ContainerInfo, { containerVersions }: GoKeys): readonly number[] {
  // A name such as constructor is a property of every object.
  const other = containerVersions !== undefined && Object.hasOwn(containerVersions, name) ? containerVersions[name] : undefined;
  return other === undefined || other === version || other < 1 ? [version] : [version, other];
}

export async function takeInContainer(
  by: Order,
  { name, info, key }: GoKeys['containers'][number],
  etcd: EtcdReader,
  keys: GoKeys,
): Promise<Taken> {
  const it = { what: 'replicaSet', name, ...NOTHING } as const;
  if (typeof info === 'string')
    return unreadable(it, info, resultOf(apiFor(by).GET('/api/v1/replicaSet/{name}', { params: { path: { name } } })));
  const history = await historyOf(etcd, key);
  const api = apiFor(by);
  const ask = (unlabelled: AskedUnlabelled): Promise<Answer | Refused> => {
    const order = { params: { path: { name } }, body: { unlabelled } };
    const path = '/api/v1/replicaSet/{name}/adopt';
    return answerOf(by.dryRun ? resultOf(api.plan.POST(path, order)) : resultOf(api.POST(path, order)));
  };
  let gone = '';
  for (const version of candidatesOf(name, info, keys)) {
    const past = [...history.versions, pastVersion(info)].filter((one) => one.version < version);
    let { cut } = history;
    let answer = await ask({ version, history: past });
    if ('refused' in answer && answer.isTooLarge && past.length > 0) {
      cut = 'the server takes no larger request (--max-body)';
      answer = await ask({ version });
    }
    if (!('refused' in answer)) return takenIn(by, it, answer, info, cut);
    if (!answer.isGone) return { ...it, outcome: 'refused', text: answer.refused };
    gone += `${gone === '' ? '' : ' or '}${name}-${version}`;
  }
  return {
    ...it,
    outcome: 'gone',
    text: `${gone}; if it is there under another number: gpu-docker-api adopt ${name} --unlabelled VERSION`,
  };
}

type Base = Pick<Taken, 'what' | 'name' | 'notes' | 'gpus' | 'ports'>;

function takenIn({ dryRun, taken }: Order, it: Base, answer: Answer, info: ContainerInfo, cut: string | undefined): Taken {
  const found = 'events' in answer ? planned(answer) : recorded(answer);
  if (found === null) return { ...it, outcome: 'already', text: '' };
  const { version, state, gpus, ports, approximate } = found;
  const hostPorts = Object.values(ports);
  const rival = dryRun ? rivalOf(taken, gpus, hostPorts) : undefined;
  if (rival !== undefined) return { ...it, outcome: 'refused', text: rival };
  const list = Object.entries(ports).map(([container, host]) => `${host}->${container}`);
  const holds = [...(gpus.length > 0 ? [`GPUs ${gpus.join(', ')}`] : []), ...(list.length > 0 ? [`ports ${list.join(', ')}`] : [])];
  const text = `${it.name}-${version} (${state})${holds.length > 0 ? `, with ${holds.join('; ')}` : ''}`;
  const notes = [
    ...approximate,
    ...(cut === undefined ? [] : [`its history is not whole: ${cut}`]),
    ...(state === 'running' ? otherwise(info, gpus, ports) : []),
  ];
  return { ...it, outcome: 'taken', text, notes, gpus, ports: hostPorts };
}

interface Found {
  readonly version: number;
  readonly state: string;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly approximate: readonly string[];
}

/** Null: the log has it already. */
function recorded({ version, state, gpus, ports, approximate }: Adopted): Found | null {
  return version === 0 ? null : { version, state, gpus, ports, approximate };
}

function planned({ events }: Plan): Found | null {
  const adopted = events.find((event) => event.type === 'ContainerAdopted');
  if (adopted?.type !== 'ContainerAdopted') return null;
  const { version, state, gpus, ports, approximate } = adopted.data;
  const held = state === 'running' ? { gpus, ports } : { gpus: [], ports: [] };
  const byPort = Object.fromEntries(held.ports.map(({ containerPort, hostPort }) => [containerPort, hostPort]));
  return { version, state, gpus: held.gpus, ports: byPort, approximate };
}

/** One before it in this dry run that would get the same. */
function rivalOf(taken: readonly Taken[], gpus: readonly string[], ports: readonly number[]): string | undefined {
  for (const other of taken) {
    const gpu = gpus.find((one) => other.gpus.includes(one));
    if (gpu !== undefined) return `it uses GPU ${gpu}, which ${other.name} uses, too: stop one of them first (docker stop)`;
    const port = ports.find((one) => other.ports.includes(one));
    if (port !== undefined) return `it uses host port ${port}, which ${other.name} has, too`;
  }
  return undefined;
}

/** What Docker runs it with counts; the key is only compared. */
function otherwise(info: ContainerInfo, gpus: readonly string[], ports: Readonly<Record<string, number>>): readonly string[] {
  const sorted = (all: readonly string[]): string => [...all].sort().join(', ');
  const texts = (all: Readonly<Record<string, number>>): readonly string[] => Object.entries(all).map(([port, host]) => `${host}->${port}`);
  const [keyGpus, keyPorts] = [sorted(gpusOf(info)), sorted(texts(portsOf(info)))];
  return [
    ...(keyGpus === sorted(gpus) ? [] : [`its key says GPUs ${keyGpus === '' ? 'none' : keyGpus}: Docker's word counts`]),
    ...(keyPorts === sorted(texts(ports)) ? [] : [`its key says ports ${keyPorts === '' ? 'none' : keyPorts}: Docker's word counts`]),
  ];
}
