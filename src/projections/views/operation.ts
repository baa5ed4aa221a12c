// An operation that has ended, told by its events alone: the answer that its client got, or would have got.
import type { Event, EventType } from '../../events/catalogue.ts';
import { replicaSetOfStream, volumeOfStream } from '../../events/stream.ts';

export interface EndedOperation {
  readonly id: string;
  readonly stream: string;
  readonly kind: string;
  readonly actor: string;
  /** ISO times of its first event and of its last one. */
  readonly since: string;
  readonly ended: string;
  readonly state: 'done' | 'failed';
  readonly answer: { readonly code: number; readonly msg: string; readonly data: object | null };
}

/** The events of an operation that the view is made from. */
export const TOLD_BY: readonly EventType[] = [
  ...(['OperationStarted', 'OperationCompleted', 'OperationFailed', 'ContainerVersionFailed', 'ContainerDied'] as const),
  ...(['PolicySet', 'VolumeVersionCreated'] as const),
];

type Of<T extends EventType> = Extract<Event, { type: T }>;
type Started = Of<'OperationStarted'>;

/** Of the events of one command, oldest first; null where they hold no operation that has ended. `success` is the API's code for it. */
export function endedOperation(events: readonly Event[], success: number): EndedOperation | null {
  const started = events.find((event): event is Started => event.type === 'OperationStarted');
  const end = events.find(
    (event): event is Of<'OperationCompleted' | 'OperationFailed'> =>
      event.type === 'OperationCompleted' || event.type === 'OperationFailed',
  );
  if (started === undefined || end === undefined) return null;
  const { id, actor } = started.command;
  const ended = { id, stream: started.stream, kind: started.data.kind, actor, since: started.time, ended: end.time };
  if (end.type === 'OperationCompleted')
    return { ...ended, state: 'done', answer: { code: success, msg: 'Success', data: dataOf(started, events, end.data.warning) } };
  const output = outputIn(events);
  const data = output === undefined ? null : { output };
  return { ...ended, state: 'failed', answer: { code: end.data.code, msg: end.data.message, data } };
}

function outputIn(events: readonly Event[]): readonly string[] | undefined {
  for (const event of events)
    if ((event.type === 'ContainerVersionFailed' || event.type === 'ContainerDied') && event.data.output !== undefined)
      return event.data.output;
  return undefined;
}

/** What the command's route gives as `data`. Of one that found nothing to do: null. */
function dataOf({ stream, data: { kind, to, imageName } }: Started, events: readonly Event[], warning: string | undefined): object | null {
  const made = to === undefined ? undefined : `${replicaSetOfStream(stream) ?? volumeOfStream(stream) ?? ''}-${to}`;
  switch (kind) {
    case 'run':
      return made === undefined ? null : { name: made };
    case 'patch':
    case 'rollback':
    case 'restart':
      return made === undefined ? null : { containerName: made };
    case 'commit':
      return imageName === undefined ? null : { imageName };
    case 'createVolume':
    case 'resizeVolume': {
      const created = events.find((event): event is Of<'VolumeVersionCreated'> => event.type === 'VolumeVersionCreated');
      return made === undefined || created === undefined ? null : { name: made, size: created.data.size };
    }
    case 'setPolicy': {
      const set = events.find((event): event is Of<'PolicySet'> => event.type === 'PolicySet');
      return set === undefined ? null : { policy: set.data.policy };
    }
    default:
      return warning === undefined ? null : { warning };
  }
}
