// All that the Go program has in etcd: a key for each name, whose earlier values are its earlier versions, and its maps. Nothing is written there.
import { MOST_PAST, type PastVersion } from '../../commands/request/adopt-body.ts';
import type { EtcdReader, PastValue } from '../../infra/etcd/reader.ts';
import {
  type ContainerInfo,
  containerInfo,
  GO_PREFIX,
  OLD_GO_PREFIX,
  pastVersion,
  usedGpus,
  usedPorts,
  type VolumeInfo,
  versionMap,
  volumeInfo,
} from './go-values.ts';

interface Named<Info> {
  readonly name: string;
  readonly key: PastValue;
  /** Or why it cannot be read: a sentence that names the key. */
  readonly info: Info | string;
}

export interface GoKeys {
  readonly containers: readonly Named<ContainerInfo>[];
  readonly volumes: readonly Named<VolumeInfo>[];
  /** Its maps, which it writes when it is stopped; undefined where there is none. */
  readonly containerVersions: Readonly<Record<string, number>> | undefined;
  readonly gpus: readonly string[] | undefined;
  readonly ports: readonly number[] | undefined;
  /** Maps that cannot be read: sentences that name their keys. */
  readonly problems: readonly string[];
}

/** Throws an Error where nothing of the program is there. */
export async function readGoKeys(etcd: EtcdReader, where: string): Promise<GoKeys> {
  const all = await etcd.all(GO_PREFIX);
  if (all.length === 0) throw new Error(await nothing(etcd, where));
  const problems: string[] = [];
  const mapAt = <T>(path: string, parse: (key: string, text: string) => T): T | undefined => {
    const found = all.find(({ key }) => key === GO_PREFIX + path);
    try {
      return found === undefined ? undefined : parse(found.key, found.value);
    } catch (error) {
      problems.push((error as Error).message);
      return undefined;
    }
  };
  return {
    containers: named(all, 'containers/', containerInfo),
    volumes: named(all, 'volumes/', volumeInfo),
    containerVersions: mapAt('versions/containerVersionMapKey', versionMap),
    gpus: mapAt('gpus/gpuStatusMapKey', usedGpus),
    ports: mapAt('ports/usedPortSetKey', usedPorts),
    problems,
  };
}

async function nothing(etcd: EtcdReader, where: string): Promise<string> {
  const old = (await etcd.all(OLD_GO_PREFIX)).length;
  const sentence = `etcd at ${where} has nothing under ${GO_PREFIX}: is it the one that the Go program used (its --etcd)?`;
  if (old === 0) return sentence;
  return `${sentence} What it has under ${OLD_GO_PREFIX} is of a release before v0.0.3, which is not read: take its containers in one by one, with gpu-docker-api adopt NAME --unlabelled VERSION`;
}

function named<Info>(all: readonly PastValue[], folder: string, parse: (key: string, text: string) => Info): readonly Named<Info>[] {
  const prefix = GO_PREFIX + folder;
  return all
    .filter(({ key }) => key.startsWith(prefix))
    .map((key) => {
      const name = key.key.slice(prefix.length);
      try {
        return { name, key, info: parse(key.key, key.value) };
      } catch (error) {
        return { name, key, info: (error as Error).message };
      }
    });
}

export interface GoHistory {
  /** Ascending. */
  readonly versions: readonly PastVersion[];
  /** Why it does not begin with the first version. */
  readonly cut?: string;
}

/** Characters of a history's JSON, at most: the request, and the record that it becomes, hold 512 KiB. */
const LONGEST = 256 * 1024;

/** Values of a key that are read, at most: whoever may write there could have any number of them, and of what is no version. */
const MOST_READ = 1_000;

/** The versions before the key's own, as far as etcd has them: each is one read. */
export async function historyOf(etcd: EtcdReader, key: PastValue): Promise<GoHistory> {
  const versions: PastVersion[] = [];
  let length = 0;
  let cut: string | undefined;
  let read = 0;
  for (let at = await etcd.before(key); at !== null; at = await etcd.before(at)) {
    if (at === 'compacted') {
      cut = 'etcd has compacted the versions before';
      break;
    }
    const past = pastOf(at);
    length += past === null ? 0 : JSON.stringify(past).length;
    if (versions.length >= MOST_PAST || length > LONGEST || ++read > MOST_READ) {
      cut = 'more versions than one record holds';
      break;
    }
    if (past !== null) versions.unshift(past);
  }
  return { versions, ...(cut !== undefined && { cut }) };
}

/** A value of the past that cannot be read is passed over. */
function pastOf({ key, value }: PastValue): PastVersion | null {
  try {
    return pastVersion(containerInfo(key, value));
  } catch {
    return null;
  }
}
