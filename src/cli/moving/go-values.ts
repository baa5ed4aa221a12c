// The values that the Go program writes to etcd: Docker's own JSON of a create, with a version and a time around it. Read as far as it is needed here.
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Type, { type Static, type TSchema } from 'typebox';
import type { PastVersion } from '../../commands/request/adopt-body.ts';
import { OWN_SCHEMA } from '../../events/evolution/own-schema.ts';

/** Everything of the program is below it. Releases before v0.0.3 had another one. */
export const GO_PREFIX = '/gpu-docker-api/apis/v1/';
export const OLD_GO_PREFIX = '/apis/v1/';

/** Go writes null for what is empty, or leaves it out. */
const Maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const Texts = Maybe(Type.Array(Type.String()));
const Numbers = Type.Record(Type.String(), Type.Integer());

const ContainerInfo = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  createTime: Type.Optional(Type.String()),
  containerName: Type.Optional(Type.String()),
  config: Type.Object({ Image: Type.Optional(Type.String()), Env: Texts, Cmd: Texts }),
  hostConfig: Type.Object({
    Binds: Texts,
    PortBindings: Maybe(
      Type.Record(Type.String(), Type.Union([Type.Array(Type.Object({ HostPort: Type.Optional(Type.String()) })), Type.Null()])),
    ),
    DeviceRequests: Maybe(Type.Array(Type.Object({ DeviceIDs: Texts }))),
  }),
});
export type ContainerInfo = Static<typeof ContainerInfo>;

const VolumeInfo = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  createTime: Type.Optional(Type.String()),
  opt: Maybe(Type.Object({ DriverOpts: Maybe(Type.Record(Type.String(), Type.String())) })),
});
export type VolumeInfo = Static<typeof VolumeInfo>;

const GpuMap = Type.Object({ gpuStatusMap: Maybe(Numbers) });
const PortSet = Type.Object({ UsedPortSet: Maybe(Type.Record(Type.String(), Type.Unknown())) });

const validators = new WeakMap<TSchema, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/** Throws an Error that names the key. */
function parsed<T extends TSchema>(schema: T, key: string, text: string): Static<T> {
  ajv ??= new Ajv2020(OWN_SCHEMA);
  const validate: ValidateFunction = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${key} is not JSON: ${(error as Error).message}`);
  }
  if (validate(value)) return value as Static<T>;
  const [first] = validate.errors ?? [];
  throw new Error(`${key} is not what the Go program writes: ${first?.instancePath === '' ? 'it' : first?.instancePath} ${first?.message}`);
}

export const containerInfo = (key: string, text: string): ContainerInfo => parsed(ContainerInfo, key, text);
export const volumeInfo = (key: string, text: string): VolumeInfo => parsed(VolumeInfo, key, text);
/** Name → version. */
export const versionMap = (key: string, text: string): Readonly<Record<string, number>> => parsed(Numbers, key, text);

/** UUIDs of the GPUs that the map has as used. */
export function usedGpus(key: string, text: string): readonly string[] {
  const { gpuStatusMap } = parsed(GpuMap, key, text);
  return Object.entries(gpuStatusMap ?? {}).flatMap(([uuid, used]) => (used === 1 ? [uuidOf(uuid)] : []));
}

export function usedPorts(key: string, text: string): readonly number[] {
  const { UsedPortSet } = parsed(PortSet, key, text);
  return Object.keys(UsedPortSet ?? {}).map(Number);
}

/** A fork of the program names GPUs as CDI does. */
const uuidOf = (id: string): string => id.replace(/^nvidia\.com\/gpu=/, '');

export const gpusOf = ({ hostConfig }: ContainerInfo): readonly string[] =>
  (hostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? []).map(uuidOf);

/** Host ports by port of the container. */
export function portsOf({ hostConfig }: ContainerInfo): Readonly<Record<string, number>> {
  const bindings = Object.entries(hostConfig.PortBindings ?? {});
  return Object.fromEntries(
    bindings.flatMap(([port, hosts]) => (hosts ?? []).map(({ HostPort }) => [bare(port), Number(HostPort)] as const)),
  );
}

const bare = (port: string): string => port.replace(/\/tcp$/, '');

/** A variable that the program sets itself. */
const OWN = /^CONTAINER_VERSION=/;

/** The time is local, without a zone: that of this machine is taken. */
export function isoTime(text: string | undefined): string {
  const made = Date.parse((text ?? '').replace(' ', 'T'));
  return Number.isFinite(made) ? new Date(made).toISOString() : '';
}

export function pastVersion(info: ContainerInfo): PastVersion {
  const { version, createTime, config, hostConfig } = info;
  return {
    version,
    createTime: isoTime(createTime),
    imageName: config.Image ?? '',
    gpuCount: gpusOf(info).length,
    binds: (hostConfig.Binds ?? []).flatMap((text) => {
      const [src = '', dest = ''] = text.split(':');
      return src === '' || dest === '' ? [] : [{ src, dest }];
    }),
    env: (config.Env ?? []).filter((entry) => !OWN.test(entry)),
    containerPorts: Object.keys(hostConfig.PortBindings ?? {}).map(bare),
    ...(config.Cmd != null && { cmd: config.Cmd }),
  };
}

/** The size that it was asked for; undefined where none was. */
export const sizeOf = ({ opt }: VolumeInfo): string | undefined => opt?.DriverOpts?.['size'];
