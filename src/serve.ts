// Puts the service together on this machine: etcd, the log, Docker, the lease, HTTP; and takes it apart again in order.
import { setMaxListeners } from 'node:events';
import { mkdirSync, realpathSync } from 'node:fs';
import type { Settings } from './commands/decision.ts';
import type { GpuInventory } from './commands/outside/host.ts';
import type { Logger } from './commands/outside/logger.ts';
import type { Service } from './commands/service.ts';
import { createApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import type { Observed } from './http/observed.ts';
import { EventStreams, type EventStreamsOptions } from './http/response/event-streams.ts';
import { DockerEngine } from './infra/docker/engine.ts';
import { lazyEngine } from './infra/docker/lazy.ts';
import { connectEtcd } from './infra/etcd/client.ts';
import { type EmbeddedEtcd, startEmbeddedEtcd } from './infra/etcd/embedded.ts';
import { type EtcdKv, EtcdUnavailableError } from './infra/etcd/kv.ts';
import { acquireLease, type Holder, leaseKey, type Term } from './infra/etcd/lease.ts';
import { EtcdLog, type Fence } from './infra/etcd/log.ts';
import { identityOf, isDeadPredecessor } from './infra/etcd/process-identity.ts';
import { checkEtcdVersion } from './infra/etcd/version.ts';
import { systemClock, systemIds } from './infra/host/clock-and-ids.ts';
import { dockerProblem } from './infra/host/docker-check.ts';
import { gpuInventory } from './infra/host/gpu-inventory.ts';
import { busyPorts } from './infra/host/host-ports.ts';
import { quotaOf, withUpkeep } from './infra/log/open-log.ts';
import type { Upkeep } from './infra/log/upkeep.ts';
import { Observability, type ObservabilityDeps } from './infra/observe/observability.ts';
import type { Rejections } from './infra/observe/rejections.ts';
import type { ServeOptions } from './infra/options/serve-options.ts';
import { EventQueries, type EventQueriesDeps } from './infra/past/event-queries.ts';
import { resolvePath } from './infra/runtime/gather-facts.ts';
import { HostService } from './infra/runtime/host-service.ts';

/** Host directories whose mount hands the host over. */
const FORBIDDEN = ['/', '/etc', '/proc', '/sys', '/dev', '/boot', '/root', '/var/run', '/run', '/var/lib/docker', '/var/lib/containerd'];
const LEASE_SECONDS = 5;
const RECONCILE_EVERY_MS = 30_000;
/** What is under way when the server is told to stop has so long to end; what has not goes on at the next start. */
const STOP_GRACE_MS = 10_000;
const LIMITS = { maxQueuedPerStream: 64, maxQueued: 1_024, maxExecs: 64 };

export interface Server {
  readonly url: string;
  readonly core: HostService;
  /** Resolves when the server leads its host and is ready for the first time; rejects when it never can. */
  readonly ready: Promise<void>;
  /** Rejects when the server cannot go on. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Throws what is wrong with the machine: no etcd, a data directory or an address in use. */
export async function startServer(options: ServeOptions, logger: Logger, version: string): Promise<Server> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.dataDir);
  const stopping = new AbortController();
  // A Docker that does not answer is named here, and then waited for.
  void dockerProblem(options).then((problem) => problem !== null && logger.warn({}, problem));
  let embedded: EmbeddedEtcd | null = null;
  let failed: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  failure.catch(() => {});
  if (options.etcd.length === 0) {
    embedded = await startEmbeddedEtcd({
      dataDir,
      quotaBytes: quotaOf(options),
      onRestart: (ms, reason) => logger.warn({ ms, reason }, 'etcd had ended and runs again'),
      onFailed: failed,
    });
  }
  const kv = connectEtcd({ endpoints: embedded === null ? options.etcd : [embedded.endpoint] });
  const lead: { term: Term | null; fence: Fence | null; docker: { dataRoot?: string } } = { term: null, fence: null, docker: {} };
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds, fence: () => lead.fence });
  const { history, upkeep } = withUpkeep({ kv, log, dataDir, options, logger });
  const engine = lazyEngine(async () => {
    const connected = await DockerEngine.connect({
      dockerHost: options.dockerHost,
      mayChange: () => {
        if (lead.term === null) throw new Error('this server is not in charge of the host');
        lead.term.check();
      },
    });
    const { dataRoot } = await connected.info();
    if (dataRoot !== undefined) lead.docker.dataRoot = dataRoot;
    return connected;
  });
  const socket = /^unix:\/\/(\/.+)$/.exec(options.dockerHost)?.[1];
  const settings: Settings = {
    host: options.hostName,
    replaceGrace: options.replaceGraceSeconds,
    stopTimeout: options.stopTimeoutSeconds,
    settleMs: options.settleMs,
    strictVolumes: options.volumeSize === 'strict',
    requestDevices: options.gpus.mode !== 'simulated',
    allowBind: options.allowBind,
    // Docker's own data root is known once it has answered, which is before anything is decided.
    get forbiddenPaths() {
      const { dataRoot } = lead.docker;
      return [...FORBIDDEN, dataDir, ...(socket === undefined ? [] : [socket]), ...(dataRoot === undefined ? [] : [dataRoot])];
    },
  };
  const core = new HostService({
    log: history,
    engine,
    inventory: lazyInventory(options),
    clock: systemClock,
    ids: systemIds,
    settings,
    limits: { ...LIMITS, maxExecOutputBytes: options.maxExecOutput, execTimeoutMs: options.execTimeoutMs },
    outside: { busyPorts, resolvePath, pull: options.pull },
    logger,
    portRange: options.portRange,
    about: { pid: process.pid, version },
    reconcileEveryMs: RECONCILE_EVERY_MS,
    restore: () => upkeep.restore(),
    stateBefore: (isThen, after) => upkeep.before(isThen, after),
    space: upkeep.space,
  });
  core.whole.onEvents((_, state) => upkeep.fillIn(state));
  const observed = observe({
    committer: core.committer,
    history,
    whole: core.whole,
    clock: systemClock,
    ids: systemIds,
    logger,
    host: options.hostName,
    maxSse: options.maxSse,
    auditRejections: options.auditRejections,
    version,
    etcd: { status: () => kv.status(), quotaBytes: quotaOf(options) },
  });
  const app = createApp({
    service: observed.over(core),
    past: core.past,
    observed,
    options: { maxBody: options.maxBody, compatGo: options.compatGo, hostName: options.hostName },
    logger,
    now: () => performance.now(),
  });
  let http: Listening;
  try {
    http = await listen(app.callback(), options.addr);
  } catch (error) {
    log.close();
    kv.close();
    await embedded?.stop();
    throw error;
  }
  const me: Holder = { host: options.hostName, dataDir, addr: `${options.addr.host}:${http.port}`, ...identityOf(process.pid) };
  let becameReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    becameReady = resolve;
  });
  const leading = leadHost({ kv, core, upkeep, me, logger, signal: stopping.signal, lead, onReady: becameReady }).catch(
    (error: unknown) => {
      if (!stopping.signal.aborted) failed(error);
    },
  );
  return {
    url: http.url,
    core,
    ready: Promise.race([ready, failure]),
    failed: failure,
    stop: async () => {
      logger.info({}, 'stopping: nothing new is accepted, what is under way is finished');
      core.waitFor('the server is stopping');
      observed.stop();
      const closed = http.stop(STOP_GRACE_MS + 2_000);
      const late = setTimeout(() => core.stop('the server is stopping; what is under way goes on when it starts again'), STOP_GRACE_MS);
      await closed;
      clearTimeout(late);
      core.stop('the server is stopping');
      stopping.abort(new Error('the server is stopping'));
      await leading;
      await upkeep.stop();
      await lead.term?.resign();
      log.close();
      kv.close();
      await embedded?.stop();
    },
  };
}

export interface ObserveDeps extends Omit<ObservabilityDeps, 'streams'>, EventQueriesDeps, Omit<EventStreamsOptions, 'events' | 'most'> {
  /** Clients that may follow the events at once. */
  readonly maxSse: number;
}

export interface Observing extends Observed {
  /** The service whose commands are counted and whose refusals are noted. */
  readonly rejections: Rejections;
  over(service: Service): Service;
  /** Ends every event stream. */
  stop(): void;
}

/** Puts together what the doors show of the service itself. Call it before the committer is first read, so that a replay fills the index. */
export function observe(deps: ObserveDeps): Observing {
  const events = new EventQueries(deps);
  const streams = new EventStreams({ ...deps, events, most: deps.maxSse });
  const observability = new Observability({ ...deps, streams });
  const { rejections, metrics } = observability;
  return {
    events,
    streams,
    rejections,
    metrics,
    request: (method, route, status) => observability.request(method, route, status),
    over: (service) => observability.over(service),
    stop: () => streams.stop(),
  };
}

interface Leading {
  readonly kv: EtcdKv;
  readonly core: HostService;
  readonly upkeep: Upkeep;
  readonly me: Holder;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly lead: { term: Term | null; fence: Fence | null };
  readonly onReady: () => void;
}

/** Follows the log, and leads the host whenever the lease can be had, until the signal aborts. */
async function leadHost({ kv, core, upkeep, me, logger, signal, lead, onReady }: Leading): Promise<void> {
  await checkVersion(kv, signal);
  await core.follow(signal);
  upkeep.start(core.committer, signal);
  core.waitFor('waiting for the host’s lease');
  for (;;) {
    const term = await acquireLease({
      kv,
      clock: systemClock,
      key: leaseKey(me.host),
      holder: me,
      ttlSeconds: LEASE_SECONDS,
      signal,
      onWaiting: (holder) => {
        const who = holder === null ? 'another server' : `the server at ${holder.addr} (pid ${holder.pid})`;
        core.waitFor(`standby: ${who} is in charge of host ${me.host}; this one takes over when it ends`);
        logger.info({ holder }, 'standby: another server is in charge of this host');
      },
      isGone: (holder) => isDeadPredecessor(holder, me),
    });
    lead.term = term;
    lead.fence = term.fence;
    const over = AbortSignal.any([term.lost, signal]);
    setMaxListeners(0, over); // every operation that waits for Docker listens to it
    try {
      core.waitFor('Docker is being asked what runs');
      await core.lead(over);
      upkeep.lead(over);
      onReady();
      await ended(over);
    } catch (error) {
      if (!over.aborted) throw error;
    }
    signal.throwIfAborted();
    logger.warn({ reason: String(term.lost.reason) }, 'the host’s lease was lost: no effects are carried out until it is back');
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Waits for etcd's answer; throws UnsafeEtcdError. */
async function checkVersion(kv: EtcdKv, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      checkEtcdVersion((await kv.status()).version);
      return;
    } catch (error) {
      if (!(error instanceof EtcdUnavailableError)) throw error;
      await systemClock.sleep(200, signal);
    }
  }
}

/** The GPUs are looked for when the host is taken over, not before: nvidia-smi takes its time. */
function lazyInventory({ gpus, hostName }: ServeOptions): GpuInventory {
  const source = gpus.mode === 'simulated' ? `simulated:${gpus.count}` : gpus.mode;
  let found: Promise<GpuInventory> | null = null;
  return {
    mode: gpus.mode === 'auto' ? 'nvidia' : gpus.mode,
    list: async () => {
      found ??= gpuInventory(source, hostName).catch((error: unknown) => {
        found = null;
        throw error;
      });
      return (await found).list();
    },
  };
}
