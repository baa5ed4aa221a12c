// One schema for each body of the API document: it gives the type, the validator and the OpenAPI document. What a Go client leaves out or
// sends as null gets the zero value that the Go program would see, wherever that is harmless; `default` says which.
import Type, { type Static, type TSchema } from 'typebox';

/** The API's numbers are int64 in Go; what JSON numbers can hold exactly is taken. */
const Integer = (description: string, more: object = {}): ReturnType<typeof Type.Integer> =>
  Type.Integer({ description, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...more });

/** No NUL: no path, variable or argument of a process can hold one. */
const NO_NUL = '^[^\\u0000]*$';
const Text = (description: string, more: object = {}): ReturnType<typeof Type.String> =>
  Type.String({ description, pattern: NO_NUL, ...more });

const StopTimeout = Type.Optional(
  Integer('Seconds from SIGTERM to SIGKILL when this container is stopped or replaced.', { minimum: 0, maximum: 86_400 }),
);

const Bind = Type.Object(
  {
    src: Text('Beginning with / a path of the host, otherwise a Docker volume.'),
    dest: Text('Where it is mounted in the container: an absolute path, not /.'),
  },
  { description: 'A bind mount.' },
);

export const RunBody = Type.Object(
  {
    imageName: Text('An image that is on the host.', { default: '' }),
    replicaSetName: Text('Letters, digits, _ and . ; no dash, which separates the name from the version.', { default: '' }),
    gpuCount: Integer('0: no GPU.', { default: 0 }),
    binds: Type.Array(Bind, { default: [], maxItems: 1000 }),
    env: Type.Array(Text('NAME=value'), { default: [], maxItems: 1000 }),
    containerPorts: Type.Array(Text('A port inside the container; a host port is leased for it.'), { default: [], maxItems: 1000 }),
    cmd: Type.Optional(Type.Array(Text('The command and its arguments, in place of the image’s own.'), { maxItems: 1000 })),
    stopTimeout: StopTimeout,
  },
  { $id: 'RunBody' },
);
export type RunBody = Static<typeof RunBody>;

export const PatchBody = Type.Object(
  {
    gpuPatch: Type.Optional(Type.Object({ gpuCount: Integer('The number of GPUs from now on; 0: none.') })),
    volumePatch: Type.Optional(Type.Object({ oldBind: Bind, newBind: Bind }, { description: 'oldBind must match a bind exactly.' })),
    stopTimeout: StopTimeout,
  },
  { $id: 'PatchBody', description: 'An empty one makes a new version of the same configuration.' },
);
export type PatchBody = Static<typeof PatchBody>;

export const RollbackBody = Type.Object(
  { version: Integer('The version to go back to.'), stopTimeout: StopTimeout },
  { $id: 'RollbackBody' },
);
export type RollbackBody = Static<typeof RollbackBody>;

export const RestartBody = Type.Object({ stopTimeout: StopTimeout }, { $id: 'RestartBody' });
export type RestartBody = Static<typeof RestartBody>;

export const CommitBody = Type.Object({ newImageName: Text('The name of the image to make.', { default: '' }) }, { $id: 'CommitBody' });
export type CommitBody = Static<typeof CommitBody>;

export const ExecuteBody = Type.Object(
  {
    cmd: Type.Array(Text('The command and its arguments.'), { minItems: 1, maxItems: 1000 }),
    workDir: Type.Optional(Type.String({ description: 'An absolute path in the container.', pattern: '^(/[^\\u0000]*)?$' })),
  },
  { $id: 'ExecuteBody' },
);
export type ExecuteBody = Static<typeof ExecuteBody>;

export const CreateVolumeBody = Type.Object(
  {
    name: Text('Letters, digits, _ and . ; no dash, which separates the name from the version.', { default: '' }),
    size: Text('A number with KB, MB, GB or TB.', { default: '' }),
  },
  { $id: 'CreateVolumeBody' },
);
export type CreateVolumeBody = Static<typeof CreateVolumeBody>;

export const ResizeVolumeBody = Type.Object(
  { size: Text('A number with KB, MB, GB or TB.', { default: '' }) },
  { $id: 'ResizeVolumeBody' },
);
export type ResizeVolumeBody = Static<typeof ResizeVolumeBody>;

export const bodies = {
  RunBody,
  PatchBody,
  RollbackBody,
  RestartBody,
  CommitBody,
  ExecuteBody,
  CreateVolumeBody,
  ResizeVolumeBody,
} as const satisfies Record<string, TSchema>;
