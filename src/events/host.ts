// Events of the streams `host/<name>`: the machine's GPUs and ports, and the starts of the service on it.
import Type, { type Static } from 'typebox';
import { closed, GpuUuid, HostPort } from './shapes.ts';

export const hostEvents = {
  /**
   * A server took the host's lease and began to carry out effects. `version` is its release, `engine` Docker's own version string, `reads` the
   * highest log level that it reads (absent: 1). The ids bind the host to its machine and its Docker; an id is '' where the machine does not
   * say it. `bootId` is another one after each restart of the machine; absent where Docker is on another machine.
   */
  HostStarted: Type.Object(
    {
      pid: Type.Integer(),
      version: Type.String(),
      engine: Type.String(),
      storageDriver: Type.String(),
      gpuMode: Type.String(),
      hostId: Type.Optional(Type.String()),
      machineId: Type.Optional(Type.String()),
      engineId: Type.Optional(Type.String()),
      dataRoot: Type.Optional(Type.String()),
      bootId: Type.Optional(Type.String()),
      reads: Type.Optional(Type.Integer({ minimum: 1 })),
      /** The limits that this server makes containers with, until the next HostStarted. Absent in events of 0.1.0, which set none. */
      limits: Type.Optional(
        Type.Object(
          {
            noNewPrivileges: Type.Boolean(),
            /** Processes and threads; 0: no limit. */
            pids: Type.Integer({ minimum: 0 }),
            capDrop: Type.Array(Type.String()),
            /** Bytes of a file of the container's log; 0: as Docker is configured. */
            logBytes: Type.Integer({ minimum: 0 }),
            logFiles: Type.Integer({ minimum: 1 }),
            /** '': every address of the host. */
            publishAddr: Type.String(),
            network: Type.String(),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  /** The machine is the same and is called `name` now. The log goes on calling the host as before: its name there is a key. */
  HostRenamed: Type.Object({ name: Type.String() }, closed),
  /** An operator said that this machine and this Docker are the host from now on. */
  HostAdopted: Type.Object(
    {
      /** The operator. */
      by: Type.String(),
      hostId: Type.String(),
      machineId: Type.String(),
      engineId: Type.String(),
      dataRoot: Type.String(),
      storageDriver: Type.String(),
    },
    closed,
  ),
  /**
   * After LogRestored the host works as usual again: a comparison found that Docker has what the log says (`agreed`), or an operator said so
   * (`accepted`). `differences`: containers, volumes and operations about which they were found not to agree then; 0 also where nobody looked before.
   */
  RestoreSettled: Type.Object(
    { how: Type.Union([Type.Literal('agreed'), Type.Literal('accepted')]), differences: Type.Integer({ minimum: 0 }) },
    closed,
  ),
  /** A GPU was seen for the first time, or again after GpuLost. `memoryMiB` is 0 where the driver does not say. */
  GpuDiscovered: Type.Object({ gpu: GpuUuid, index: Type.Integer({ minimum: 0 }), name: Type.String(), memoryMiB: Type.Integer() }, closed),
  /** A known GPU is no longer reported. Its holder goes on holding it; it is not allocated again. */
  GpuLost: Type.Object({ gpu: GpuUuid }, closed),
  /** The host ports to lease from, both ends included. Ports outside it that are held stay held. */
  PortRangeSet: Type.Object({ start: HostPort, end: HostPort }, closed),
} as const;

/** A GPU as its driver reports it. The port to the inventory and the state have the same fields. */
export type Gpu = Static<(typeof hostEvents)['GpuDiscovered']>;
