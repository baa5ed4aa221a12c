// Steps and events in words, for a plan and for what is under way.
import type { Step, StepName } from '../../commands/outside/engine.ts';
import { formatBytes } from '../../commands/request/names.ts';
import type { operations, Schemas } from '../client/client.ts';
import { plain } from '../output/table.ts';

type Words = { readonly [K in StepName]: (step: Extract<Step, { readonly do: K }>) => string };

const PLANNED: Words = {
  createContainer: ({ request: { containerName, fromDisk } }) =>
    `create container ${containerName}${fromDisk ? ' from the saved system disk' : ''}`,
  startContainer: ({ container }) => `start container ${container.containerName}`,
  stopContainer: ({ container, graceSeconds }) => `stop container ${container.containerName} (SIGTERM, after ${graceSeconds} s SIGKILL)`,
  freezeContainer: ({ container }) => `let the processes of ${container.containerName} stand still`,
  thawContainer: ({ container }) => `let the processes of ${container.containerName} go on`,
  saveDisk: ({ container }) => `save the system disk of ${container.containerName}`,
  removeContainer: ({ container }) => `remove container ${container.containerName}`,
  discardDisk: ({ image }) => `remove the saved disk ${image}`,
  removeDisks: ({ owner, anonymousVolumes: { length } }) =>
    `remove the saved disks of ${owner.name}${length > 0 ? ` and ${length} anonymous volume${length === 1 ? '' : 's'}` : ''}`,
  commitImage: ({ container, imageName }) => `commit container ${container.containerName} as ${imageName}`,
  createVolume: ({ volume, size }) => `create volume ${volume} of ${size}`,
  copyVolume: ({ from, to }) => `copy ${from} to ${to}`,
  removeVolume: ({ volume }) => `remove volume ${volume}`,
};

const UNDER_WAY: Readonly<Record<StepName, string>> = {
  createContainer: 'creating the container',
  startContainer: 'starting the container',
  stopContainer: 'stopping the container',
  freezeContainer: 'freezing the container',
  thawContainer: 'thawing the container',
  saveDisk: 'saving the system disk',
  removeContainer: 'removing the old container',
  discardDisk: 'removing a saved disk',
  removeDisks: 'removing the saved disks',
  commitImage: 'committing the image',
  createVolume: 'creating the volume',
  copyVolume: 'copying the volume',
  removeVolume: 'removing the old volume',
};

const isKnown = (name: string): name is StepName => Object.hasOwn(UNDER_WAY, name);

/** A newer server may have steps that this program does not know. */
export const stepUnderWay = (name: string): string => (isKnown(name) ? UNDER_WAY[name] : plain(name));

export type Pull = operations['listOperations']['responses'][200]['content']['application/json']['data']['pulls'][number];
type Progress = NonNullable<Schemas['Operation']['progress']>;

const DOING: Readonly<Record<Progress['doing'], string>> = {
  download: 'downloaded',
  unpack: 'unpacked',
  write: 'written',
  copy: 'copied',
  compare: 'compared',
};

/** Words for what is under way, and how far it is: `copying the volume (1.5GB of 4GB copied)`. */
export function withProgress(words: string, progress: Progress | undefined): string {
  const { doing, bytes, of } = progress ?? {};
  if (doing === undefined || (bytes === undefined && of === undefined)) return words;
  const done = Object.hasOwn(DOING, doing) ? DOING[doing] : plain(doing);
  if (bytes === undefined) return of === 0 ? words : `${words} (${formatBytes(of ?? 0)})`;
  const part = of === undefined || of < bytes ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(of)}`;
  return `${words} (${part} ${done})`;
}

/** A step as the server plans it: its name, and what it takes. */
interface Planned {
  readonly do: string;
}

const isStep = (step: Planned): step is Step => isKnown(step.do);
const wordsOf = <K extends StepName>(step: Extract<Step, { readonly do: K }>): string => PLANNED[step.do as K](step);

export const stepWords = (step: Planned): string => plain(isStep(step) ? wordsOf(step) : step.do);

/** ContainerStopped → container stopped */
export const eventWords = (type: string): string =>
  plain(type.replace(/(?<=[a-z])(?=[A-Z])/g, ' '))
    .toLowerCase()
    .replace(/\bgpu\b/g, 'GPU');

const list = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : String(value));

function portsOf(value: unknown): string {
  const shown = (port: unknown): string => {
    const { hostPort, containerPort } = Object(port) as { readonly hostPort?: unknown; readonly containerPort?: unknown };
    return hostPort === undefined ? String(port) : `${hostPort}->${containerPort}`;
  };
  return Array.isArray(value) ? value.map(shown).join(', ') : String(value);
}

/** The fields of an event that say what it is about, in the order in which they are told. */
const TOLD: readonly (readonly [field: string, words: (value: unknown) => string])[] = [
  ['kind', String],
  ['version', (value) => `version ${value}`],
  ['from', (value) => `from version ${value}`],
  ['to', (value) => `to version ${value}`],
  ['gpu', String],
  ['gpus', (value) => `GPUs ${list(value)}`],
  ['ports', (value) => `ports ${portsOf(value)}`],
  ['hostPort', (value) => `host port ${value}`],
  ['size', String],
  ['imageName', String],
  ['policy', (value) => JSON.stringify(value)],
  ['message', String],
];

/** An event in a line: `GPU allocated: version 2, GPU-…`. */
export function eventLine(type: string, data: unknown): string {
  const fields = Object(data) as Readonly<Record<string, unknown>>;
  const told = TOLD.flatMap(([field, words]) => (fields[field] === undefined || list(fields[field]) === '' ? [] : [words(fields[field])]));
  const why = typeof fields['reason'] === 'string' ? ` (${fields['reason']})` : '';
  return `${eventWords(type)}${told.length === 0 ? '' : `: ${plain(told.join(', '))}`}${plain(why)}`;
}
