// The shapes that several events share: facts about containers, disks and volumes.
import Type, { type Static } from 'typebox';

export const closed = { additionalProperties: false } as const;

/** A GPU's UUID as nvidia-smi prints it, for example GPU-bc85a406-0357-185f-a56c-afb49572bdbe. */
export const GpuUuid = Type.String({ minLength: 1, maxLength: 128 });
export const Version = Type.Integer({ minimum: 1 });
export const HostPort = Type.Integer({ minimum: 1, maximum: 65535 });

/**
 * One mount. `volume` names the managed volume (and which life of that name) that `src` is a version of. `resolved`: the path to which a host
 * path led when it was checked, all links followed, and which Docker is given; absent where Docker's files cannot be seen from the server,
 * and in events of 0.1.0.
 */
export const Bind = Type.Object(
  {
    src: Type.String(),
    dest: Type.String(),
    volume: Type.Optional(Type.Object({ name: Type.String(), uid: Type.String() }, closed)),
    resolved: Type.Optional(Type.String()),
  },
  closed,
);
export type Bind = Static<typeof Bind>;

/**
 * A secret variable of a container. `sealed`: nonce, ciphertext and tag of AES-256-GCM, as base64. `key`: the id of the key, which is a file
 * outside the log and goes with the replicaSet.
 */
export const SealedVariable = Type.Object({ name: Type.String(), key: Type.String(), sealed: Type.String() }, closed);
export type SealedVariable = Static<typeof SealedVariable>;

/** A client's request for a container: the few facts from which Docker's create body and the documented info JSON are rendered. */
export const ContainerSpec = Type.Object(
  {
    imageName: Type.String(),
    gpuCount: Type.Integer({ minimum: 0 }),
    binds: Type.Array(Bind),
    env: Type.Array(Type.String()),
    /** Level 2. No name is in `env` as well. */
    secretEnv: Type.Optional(Type.Array(SealedVariable, { minItems: 1 })),
    containerPorts: Type.Array(Type.String()),
    cmd: Type.Optional(Type.Array(Type.String())),
    /** Seconds from SIGTERM to SIGKILL when this container is replaced or stopped; absent: the server's own setting. */
    stopTimeout: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);
export type ContainerSpec = Static<typeof ContainerSpec>;

/**
 * The image that a replicaSet was run from, as it was then: later versions are created from saved disks, whose
 * configuration is polluted by commit, so the base image's own has to be remembered (absent: the base does not set it).
 */
export const BaseImage = Type.Object(
  {
    id: Type.String(),
    env: Type.Array(Type.String()),
    cmd: Type.Optional(Type.Array(Type.String())),
    entrypoint: Type.Optional(Type.Array(Type.String())),
    workingDir: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    stopSignal: Type.Optional(Type.String()),
    healthcheck: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
);
export type BaseImage = Static<typeof BaseImage>;

/** A saved system disk: an image by id. `bytes` is the apparent size of the changes since the version's own image. */
export const Disk = Type.Object(
  { image: Type.String(), layers: Type.Integer({ minimum: 0 }), bytes: Type.Integer({ minimum: 0 }), flattened: Type.Boolean() },
  closed,
);
export type Disk = Static<typeof Disk>;

/** A volume that Docker made for a VOLUME line of the image; it travels from version to version by name. */
export const AnonymousVolume = Type.Object({ name: Type.String(), dest: Type.String() }, closed);
export type AnonymousVolume = Static<typeof AnonymousVolume>;

/** Lines that a container printed before it ended: 20 and 4 KiB at most, without control characters, and with `***` for secret values. */
export const LastOutput = Type.Array(Type.String(), { minItems: 1, maxItems: 20 });

/** A name's own rules, for all its versions; a field that is absent goes by the server's option. */
export const Policy = Type.Object(
  {
    /** Versions that are retained and can be rolled back to, the current one included; 0: all. */
    keepVersions: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Whether a container that died is started again: `always`, `no`, or `on-failure:N`, at most N times in a row. */
    restart: Type.Optional(Type.String({ pattern: '^(always|no|on-failure:[1-9][0-9]{0,3})$' })),
  },
  closed,
);
export type Policy = Static<typeof Policy>;

export const PortMapping = Type.Object({ containerPort: Type.String(), hostPort: HostPort }, closed);
export type PortMapping = Static<typeof PortMapping>;
