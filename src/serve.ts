// Puts the service together on its ground: the log, Docker, the runtime, HTTP. Takes it apart again in order.
import { join } from 'node:path';
import { otherEngine } from './commands/host/identity.ts';
import { unlabelledOn } from './commands/host/restore/unlabelled.ts';
import type { EngineIds } from './commands/outside/engine.ts';
import type { Logger } from './commands/outside/logger.ts';
import type { Service } from './commands/service.ts';
import { LEVEL } from './events/catalogue.ts';
import type { Ground } from './ground.ts';
import { bestOf } from './http/access/keys-at-start.ts';
import { Peers } from './http/access/proxies.ts';
import { createApp, type HttpApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import type { Observed } from './http/observed.ts';
import { namesOf } from './http/request/stranger.ts';
import { EventStreams, type EventStreamsOptions } from './http/response/event-streams.ts';
import { deferred } from './infra/async/deferred.ts';
import { once } from './infra/async/once.ts';
import { dockerEngine } from './infra/docker/engine.ts';
import { DockerPulse } from './infra/docker/pulse.ts';
import { announce, announced } from './infra/etcd/announcement.ts';
import { connectEtcd } from './infra/etcd/client.ts';
import type { EtcdKv } from './infra/etcd/kv.ts';
import type { Holder } from './infra/etcd/lease.ts';
import { EtcdLog } from './infra/etcd/log.ts';
import { identityOf } from './infra/etcd/process-identity.ts';
import { systemClock, systemIds } from './infra/host/clock-and-ids.ts';
import { clockMemory } from './infra/host/clock-memory.ts';
import { tellOfDocker } from './infra/host/docker-check.ts';
import { inventoryOf } from './infra/host/gpu-inventory.ts';
import { hostPathRules } from './infra/host/host-paths.ts';
import { busyPorts } from './infra/host/host-ports.ts';
import { clearAdoption, knownHostFile, machineId } from './infra/host/machine-identity.ts';
import { requestMac } from './infra/host/secrets/request-mac.ts';
import { SecretKeyFiles } from './infra/host/secrets/secret-key-files.ts';
import { watchTlsPair } from './infra/host/tls-pair.ts';
import type { FullLog } from './infra/log/full-log.ts';
import type { HoleCheck } from './infra/log/holes.ts';
import { INDEX_DIR, openFullLog, quotaOf, SNAPSHOTS_DIR } from './infra/log/open-log.ts';
import { Snapshots } from './infra/log/snapshots/snapshots.ts';
import type { Upkeep } from './infra/log/upkeep.ts';
import type { HostParts } from './infra/observe/host-parts.ts';
import { Meters } from './infra/observe/metrics/meters.ts';
import { Observability, type ObservabilityDeps } from './infra/observe/observability.ts';
import type { Rejections } from './infra/observe/rejections.ts';
import { expiredSentence, isClosed, noKeySentence } from './infra/options/exposure.ts';
import { pullFrom, queueLimits, settingsOf } from './infra/options/settings.ts';
import { EventQueries, type EventQueriesDeps } from './infra/past/event-queries.ts';
import { FullLogFeed } from './infra/past/full-log-feed.ts';
import { PartFiles } from './infra/past/parts/part-files.ts';
import { Past } from './infra/past/past.ts';
import { Committer } from './infra/runtime/committer.ts';
import { exists, resolvePath } from './infra/runtime/gather-facts.ts';
import { HostService } from './infra/runtime/host-service.ts';
import { CurrentTerm, leadHost } from './infra/runtime/lead/lead-loop.ts';
import type { MachineOfHost } from './infra/runtime/lead/recognition.ts';
import { LogTime } from './infra/runtime/log-time.ts';
import { slotLimits } from './infra/runtime/operations/slots.ts';
import type { State } from './projections/state.ts';

/** Interval between two comparisons with Docker, ms. */
const RECONCILE_EVERY_MS = 30_000;
/** Grace on shutdown, ms: running operations get this long to finish; the others resume at the next start. */
const STOP_GRACE_MS = 10_000;

export interface Server {
  readonly url: string;
  /** The state at the head of the log. */
  state(): State;
  /** The host's name in the log. */
  readonly hostName: string;
  /** Resolves when the server leads its host and is ready for the first time; rejects when it never can. */
  readonly ready: Promise<void>;
  /** Rejects when the server cannot go on. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

interface Process extends Ground {
  readonly version: string;
}

interface OpenLog {
  readonly history: FullLog;
  readonly upkeep: Upkeep;
  readonly holes: HoleCheck;
  readonly lastWritten: NonNullable<ObservabilityDeps['lastWritten']>;
  close(): void;
}

interface Etcd {
  readonly kv: EtcdKv;
  /** Directory of the sockets of one of our own. */
  readonly runDir?: string;
  close(): Promise<void>;
}

/** Throws when the machine is not fit for it: no etcd, a data directory or an address in use. */
export async function startServer(ground: Ground, version: string): Promise<Server> {
  const self: Process = { ...ground, version };
  const { options, dataDir, logger, tls } = ground;
  const failed = deferred<never>();
  const ready = deferred<void>();
  ground.failed.catch(failed.reject);
  void tellOfDocker(options, logger);
  const { tls: tlsFiles } = options;
  const meters = new Meters();
  const snapshots = new Snapshots({ dir: join(dataDir, SNAPSHOTS_DIR), logger });
  // While etcd starts.
  void snapshots.readAhead().catch(() => undefined);
  const opened = await openEtcd(self);
  const etcd = { ...opened, kv: meters.calls.timed(opened.kv) };
  const term = new CurrentTerm();
  const log = openLog(self, etcd.kv, term, snapshots);
  const parts = compose(self, etcd, log, term, meters);
  const http = await listen(parts.app.callback(), { ...options.addr, ...(tls !== undefined && { tls }) }).catch(async (error: unknown) => {
    log.close();
    await etcd.close();
    throw error;
  });
  const stopping = new AbortController();
  if (tlsFiles !== undefined) watchTlsPair(tlsFiles, { use: (pair) => http.useCertificate(pair), logger }, stopping.signal);
  parts.pulse.start(stopping.signal);
  const me = holderOf(self, http);
  const announcing = announce({
    kv: etcd.kv,
    clock: systemClock,
    me: { host: me.host, addr: me.addr, reads: LEVEL },
    signal: stopping.signal,
  });
  const leading = leadHost({
    kv: etcd.kv,
    clock: systemClock,
    host: parts.host,
    me,
    ownEtcd: options.etcd.length === 0,
    etcd: options.etcd.length === 0 ? 'the server’s own etcd' : `etcd at ${options.etcd.join(', ')}`,
    term,
    logger,
    signal: stopping.signal,
    missing: () => log.holes.look(parts.committer.state),
    onFollowing: () => {
      parts.access.wasRead = true;
      // Thrown, it ends the wait for the lease as well.
      const best = bestOf(parts.committer.state.keys, systemClock.now());
      if (isClosed(options) && best === 'none') throw new Error(noKeySentence(options, dataDir));
      if (best === 'expired') logger.warn({}, expiredSentence(dataDir));
      parts.feed.begin(stopping.signal);
      log.upkeep.start(parts.committer, stopping.signal);
    },
    onLeading: (over) => {
      log.upkeep.lead(over);
      ready.resolve();
    },
  }).catch((error: unknown) => {
    if (!stopping.signal.aborted) failed.reject(error);
  });
  return {
    url: http.url,
    state: () => parts.host.state(),
    hostName: self.hostFile.name,
    ready: Promise.race([ready.promise, failed.promise]),
    failed: failed.promise,
    stop: () => stopInOrder({ ...parts, http, stopping, leading, announcing, log, term, etcd, logger }),
  };
}

const holderOf = ({ options, dataDir, hostFile }: Process, { port }: Listening): Holder => ({
  host: hostFile.name,
  hostId: hostFile.id,
  dataDir,
  addr: `${options.addr.host}:${port}`,
  ...identityOf(process.pid),
});

/** An etcd of its own, or the one that the options name. */
async function openEtcd({ options, embedded: starting }: Process): Promise<Etcd> {
  const embedded = await starting;
  if (embedded === null) {
    const kv = connectEtcd({ endpoints: options.etcd });
    return { kv, close: async () => kv.close() };
  }
  const kv = connectEtcd({ endpoints: [embedded.endpoint] });
  const close = async (): Promise<void> => {
    kv.close();
    await embedded.stop();
  };
  return { kv, runDir: embedded.runDir, close };
}

function openLog({ options, dataDir, hostFile, logger }: Process, kv: EtcdKv, term: CurrentTerm, snapshots: Snapshots): OpenLog {
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds, fence: () => term.fence() });
  return { ...openFullLog({ kv, log, snapshots, dataDir, host: hostFile.name, options, logger }), close: () => log.close() };
}

const machineOf = ({ options, dataDir, hostFile }: Process): MachineOfHost => ({
  hostId: hostFile.id,
  name: options.hostName,
  machineId: machineId(),
  adoption: () => {
    const now = knownHostFile(dataDir);
    // Under another name all of this server would have to be made anew.
    if (now !== null && now.name !== hostFile.name)
      throw new Error(`this machine is host ${now.name} of the log now: start the server again`);
    return now?.adopted ?? null;
  },
  adopted: () => clearAdoption(dataDir),
});

interface Parts {
  readonly committer: Committer;
  readonly feed: FullLogFeed;
  readonly pulse: DockerPulse;
  readonly host: HostService;
  readonly observed: Observing;
  readonly app: HttpApp;
  /** Whether the log was read to its end, so that its keys are known. */
  readonly access: { wasRead: boolean };
}

function compose(
  self: Process,
  { kv, runDir }: Etcd,
  { history, upkeep, holes, lastWritten }: OpenLog,
  term: CurrentTerm,
  meters: Meters,
): Parts {
  const { options, hostFile, logger, version } = self;
  const common = { clock: systemClock, ids: systemIds, logger };
  const { bootId } = identityOf(process.pid);
  const memory = clockMemory(self.dataDir, bootId);
  const time = new LogTime({ ...common, memory, acceptClock: options.acceptClock });
  const committer = new Committer({ ...common, log: history, host: hostFile.name, time });
  const feed = new FullLogFeed({ ...common, committer, source: history, files: new PartFiles(join(self.dataDir, INDEX_DIR)) });
  const past = new Past({
    ...common,
    committer,
    source: history,
    whole: feed,
    stateBefore: (isThen, after) => upkeep.before(isThen, after),
  });
  committer.onEveryCommit((_, state) => upkeep.fillIn(state));
  const expected = {
    differs: (ids: EngineIds) => otherEngine(committer.state, hostFile.name, ids),
    onOther: () => host.compareAtOnce(),
  };
  const { dockerHost, limits, gpuMonitors } = options;
  const engine = dockerEngine({
    dockerHost,
    limits,
    gpuMonitors,
    fence: () => term.fenceOfStep(),
    expected,
    unlabelled: unlabelledOn(() => committer.state, hostFile.name),
    onCall: meters.calls.docker,
  });
  const pulse = new DockerPulse({ dockerHost, logger });
  const host: HostService = new HostService({
    ...common,
    log: history,
    committer,
    engine,
    inventory: inventoryOf(options.gpus, hostFile.name),
    settings: settingsOf(options, hostFile.name, hostPathRules(options, runDir === undefined ? [self.dataDir] : [self.dataDir, runDir])),
    limits: queueLimits(options),
    factSources: {
      ...{ busyPorts, resolvePath, exists, dataRoot: once(async () => (await engine.info()).dataRoot), pullFrom: pullFrom(options) },
      secretKeys: new SecretKeyFiles(self.dataDir, () => committer.state.logId),
    },
    pulse,
    onStep: meters.work.step,
    slots: slotLimits({ saves: options.maxSaves, starts: options.maxStarts }),
    portRange: options.portRange,
    // The boot of another machine says nothing about the containers there.
    about: { pid: process.pid, version, limits: options.limits, ...(options.dockerHost.startsWith('unix:') && { bootId }) },
    machine: machineOf(self),
    reconcileEveryMs: RECONCILE_EVERY_MS,
    acceptLoss: options.acceptLoss,
    acceptRestore: options.acceptRestore,
    restore: async () => {
      await feed.open();
      const snapshot = await upkeep.restore();
      if (snapshot !== null) past.cache(snapshot);
      return snapshot;
    },
    space: upkeep.space,
    missing: () => holes.look(committer.state),
    ignoreOtherLogs: options.ignoreOtherLogs,
    announced: () => announced(kv),
  });
  const observed = observe({
    ...common,
    committer,
    history,
    whole: feed,
    host: hostFile.name,
    maxSse: options.maxSse,
    auditRejections: options.auditRejections,
    version,
    ...{ meters, pulse, lastWritten },
    etcd: { kv, quotaBytes: quotaOf(options) },
  });
  const access = { wasRead: false };
  const app = createApp({
    service: observed.over(host),
    past,
    observed,
    options: {
      maxBody: options.maxBody,
      compatGo: options.compatGo,
      allowHosts: namesOf(options.allowHost, options.addr.host),
      requestTimeoutMs: options.requestTimeoutMs,
      hostName: hostFile.name,
      access: { closed: isClosed(options), proxies: new Peers(options.trustProxy), isRead: () => access.wasRead },
      openMetrics: options.openMetrics,
      tls: options.tls !== undefined,
    },
    macOf: requestMac(self.dataDir),
    logger,
    now: () => performance.now(),
  });
  return { committer, feed, host, observed, app, pulse, access };
}

export interface ObserveDeps
  extends Omit<ObservabilityDeps, 'streams' | 'indexed'>,
    EventQueriesDeps,
    Omit<EventStreamsOptions, 'events' | 'most'> {
  /** Clients that may follow the events at the same time. */
  readonly maxSse: number;
}

/** The part of the service that the doors show, and the service with its commands counted. */
export interface Observing extends Observed {
  readonly rejections: Rejections;
  over(host: HostParts): Service;
  /** Ends every event stream. */
  stop(): void;
}

/** Call it before the log is read. */
export function observe(deps: ObserveDeps): Observing {
  const events = new EventQueries(deps);
  const streams = new EventStreams({ ...deps, events, most: deps.maxSse });
  const observability = new Observability({ ...deps, streams, indexed: () => deps.whole.index.last });
  const { rejections, meters } = observability;
  return {
    events,
    streams,
    rejections,
    metrics: meters.metrics,
    request: (method, route, status, ms) => meters.http.request(method, route, status, ms),
    over: (host) => observability.over(host),
    stop: () => streams.stop(),
  };
}

interface Running extends Parts {
  readonly http: Listening;
  readonly stopping: AbortController;
  readonly leading: Promise<void>;
  readonly announcing: Promise<void>;
  readonly log: OpenLog;
  readonly term: CurrentTerm;
  readonly etcd: Etcd;
  readonly logger: Logger;
}

/** Clients first, then the operations, then the log, then what it all stands on. */
async function stopInOrder({ http, host, observed, stopping, leading, announcing, log, term, etcd, logger }: Running): Promise<void> {
  logger.info({}, 'stopping: nothing new is accepted, what is under way is finished');
  host.waitFor('the server is stopping');
  observed.stop();
  host.outputs.stop('the server is stopping');
  const closed = http.stop(STOP_GRACE_MS + 2_000);
  const late = setTimeout(() => host.stop('the server is stopping; what is under way goes on when it starts again'), STOP_GRACE_MS);
  await closed;
  clearTimeout(late);
  host.stop('the server is stopping');
  stopping.abort(new Error('the server is stopping'));
  await leading;
  await announcing;
  await log.upkeep.stop();
  await term.resign();
  log.close();
  await etcd.close();
  logger.info({}, 'stopped');
}
