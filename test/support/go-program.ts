// A box as the Go program v0.0.3 leaves it: containers and volumes without labels in Docker, and its keys in etcd, with Docker's own JSON of a create in them.
import type Docker from 'dockerode';
import type { TestEtcd } from './etcd.ts';

const PREFIX = '/gpu-docker-api/apis/v1';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export interface GoSpec {
  readonly image: string;
  readonly gpus?: readonly string[];
  /** Host port by port of the container. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly binds?: readonly string[];
  readonly env?: readonly string[];
  readonly cmd?: readonly string[];
}

export class GoProgram {
  readonly #etcd: TestEtcd;
  readonly #docker: Docker;

  constructor(etcd: TestEtcd, docker: Docker) {
    this.#etcd = etcd;
    this.#docker = docker;
  }

  /** As clientv3 does. */
  async put(path: string, value: string): Promise<void> {
    const body = JSON.stringify({ key: base64(`${PREFIX}/${path}`), value: base64(value) });
    const answer = await fetch(`${this.#etcd.endpoint}/v3/kv/put`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  }

  /** All of its keys with their values and revisions, as text. */
  async keys(): Promise<string> {
    const body = JSON.stringify({ key: base64(PREFIX), range_end: base64(`${PREFIX.slice(0, -1)}2`) });
    const answer = await fetch(`${this.#etcd.endpoint}/v3/kv/range`, { method: 'POST', body });
    const { kvs } = (await answer.json()) as { kvs?: unknown };
    return JSON.stringify(kvs);
  }

  /** `containers/NAME`, which holds the current version; the earlier ones are its earlier values. */
  async putContainer(name: string, version: number, spec: GoSpec): Promise<void> {
    await this.put(`containers/${name}`, JSON.stringify(infoOf(name, version, spec)));
  }

  async putVolume(name: string, version: number, size?: string): Promise<void> {
    const opt = { Driver: 'local', ...(size !== undefined && { DriverOpts: { size } }), Name: `${name}-${version}` };
    await this.put(`volumes/${name}`, JSON.stringify({ version, createTime: '2024-03-01 12:00:00', opt }));
  }

  /** What it writes when it is stopped. */
  async putMaps(maps: {
    readonly versions: Readonly<Record<string, number>>;
    readonly volumes: Readonly<Record<string, number>>;
    readonly gpus: Readonly<Record<string, number>>;
    readonly ports: readonly number[];
  }): Promise<void> {
    await this.put('versions/containerVersionMapKey', JSON.stringify(maps.versions));
    await this.put('versions/volumeVersionMapKey', JSON.stringify(maps.volumes));
    await this.put('merges/containerMergeMapKey', '{}');
    const { gpus } = maps;
    await this.put('gpus/gpuStatusMapKey', JSON.stringify({ availableGpuNums: Object.keys(gpus).length, gpuStatusMap: gpus }));
    const UsedPortSet = Object.fromEntries(maps.ports.map((port) => [String(port), {}]));
    await this.put('ports/usedPortSetKey', JSON.stringify({ StartPort: 40_000, EndPort: 65_535, AvailableCount: 25_536, UsedPortSet }));
  }

  /** Created and started as it does it; gives the id. */
  async start(name: string, version: number, spec: GoSpec): Promise<string> {
    const { config, hostConfig } = infoOf(name, version, spec);
    const body = JSON.stringify({ name: `${name}-${version}`, ...config, HostConfig: hostConfig });
    const options: Docker.ContainerCreateOptions = JSON.parse(body);
    const container = await this.#docker.createContainer(options);
    await container.start();
    return container.id;
  }
}

/** EtcdContainerInfo, with all that Go's encoder writes of container.Config and container.HostConfig. */
function infoOf(name: string, version: number, { image, gpus = [], ports = {}, binds = [], env = [], cmd }: GoSpec) {
  const exposed = Object.fromEntries(Object.keys(ports).map((port) => [`${port}/tcp`, {}]));
  const bindings = Object.fromEntries(
    Object.entries(ports).map(([port, host]) => [`${port}/tcp`, [{ HostIp: '', HostPort: String(host) }]]),
  );
  const hasPorts = Object.keys(ports).length > 0;
  return {
    version,
    createTime: `2024-03-0${version} 10:00:00`,
    config: {
      ...{ Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false },
      ...(hasPorts && { ExposedPorts: exposed }),
      ...{ Tty: true, OpenStdin: true, StdinOnce: false, Env: [...env, `CONTAINER_VERSION=${version}`], Cmd: cmd ?? null },
      ...{ Image: image, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null },
    },
    hostConfig: {
      ...{ Binds: binds, ContainerIDFile: '', LogConfig: { Type: '', Config: null }, NetworkMode: '' },
      ...{
        PortBindings: hasPorts ? bindings : null,
        RestartPolicy: { Name: '', MaximumRetryCount: 0 },
        AutoRemove: false,
        VolumeDriver: '',
      },
      ...{
        VolumesFrom: null,
        ConsoleSize: [0, 0],
        CapAdd: null,
        CapDrop: null,
        CgroupnsMode: '',
        Dns: null,
        DnsOptions: null,
        DnsSearch: null,
      },
      ...{ ExtraHosts: null, GroupAdd: null, IpcMode: '', Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false },
      ...{ PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '', ShmSize: 0, Isolation: '' },
      ...{
        CpuShares: 0,
        Memory: 0,
        NanoCpus: 0,
        CgroupParent: '',
        BlkioWeight: 0,
        BlkioWeightDevice: null,
        CpusetCpus: '',
        CpusetMems: '',
      },
      ...{ Devices: null, DeviceCgroupRules: null, PidsLimit: null, Ulimits: null, MaskedPaths: null, ReadonlyPaths: null },
      DeviceRequests: gpus.length === 0 ? null : [{ Driver: 'nvidia', Count: 0, DeviceIDs: gpus, Capabilities: [['gpu']], Options: null }],
    },
    networkingConfig: { EndpointsConfig: null },
    platform: { architecture: '', os: '' },
    containerName: `${name}-${version}`,
  };
}
