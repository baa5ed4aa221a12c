import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Operation } from '../../src/projections/state.ts';
import { createTime } from '../../src/projections/views/create-time.ts';
import { diskUsageView } from '../../src/projections/views/disks.ts';
import { replicaSetHistory, replicaSetInfo, replicaSetList } from '../../src/projections/views/replica-set.ts';
import { gpuUsage, portUsage } from '../../src/projections/views/resources.ts';
import { volumeHistory, volumeInfo, volumeList } from '../../src/projections/views/volume.ts';
import { documentedState, example, host, replicaSet, stateOf, versionOf, volume, volumeVersion } from '../http/document.ts';

const test = suite('views');

/** As text, so that the order of the keys counts too. */
const sameJson = (actual: unknown, expected: unknown): void =>
  assert.is(JSON.stringify(actual, null, 1), JSON.stringify(expected, null, 1));

type Info = Parameters<typeof versionOf>[0];
const documented = (): Info => (example('replica-set-info').response.data as { info: Info }).info;
const documentedHistory = (): { status: Info }[] =>
  (example('replica-set-history').response.data as { history: { status: Info }[] }).history;

const operation: Operation = {
  id: 'o1',
  kind: 'patch',
  command: { id: 'o1', name: 'patch', actor: 'anonymous' },
  since: '2026-01-01T00:00:00.000Z',
  from: 1,
  to: 2,
  before: 'running',
  held: { gpus: [], ports: [] },
  phase: 'forward',
  done: [],
  conflicts: [],
};

test('info of a replicaSet is the document’s example, key by key, in order and value', () => {
  const info = documented();
  sameJson(replicaSetInfo(versionOf(info)), info);
});

test('history of a replicaSet is the document’s example, key by key', () => {
  const history = documentedHistory();
  const versions = history.map(({ status }) => versionOf(status)).reverse();
  sameJson(replicaSetHistory(replicaSet(versions)), { history });
});

test('info without GPUs, ports, binds and with a command keeps every key', () => {
  const base = versionOf(documented());
  const spec = { imageName: 'busybox', gpuCount: 0, binds: [], env: [], containerPorts: [], cmd: ['sleep', '9'] };
  const info = replicaSetInfo({ ...base, version: 1, containerName: 'foo-1', spec, gpus: [], ports: [] });
  assert.equal(Object.keys(info.hostConfig), Object.keys((documented() as typeof info).hostConfig));
  assert.equal(info.config.Cmd, ['sleep', '9']);
  assert.equal(info.config.Env, ['CONTAINER_VERSION=1']);
  assert.equal(info.config.ExposedPorts, {});
  assert.equal(info.hostConfig.Binds, []);
  assert.equal(info.hostConfig.PortBindings, {});
  assert.is(info.hostConfig.DeviceRequests, null);
});

test('info of a stopped replicaSet shows what its version was given, the list what is held', () => {
  const version = versionOf(documented(), { container: 'exited' });
  const stopped = replicaSet([version], { state: 'stopped', gpus: [], ports: [], exitCode: 137 });
  sameJson(replicaSetInfo(version), documented());
  const [entry] = replicaSetList(stateOf([stopped], []));
  assert.is(entry?.state, 'stopped');
  assert.equal(entry?.gpus, []);
  assert.equal(entry?.ports, {});
  assert.is(entry?.exitCode, 137);
});

test('history leaves out a version that is still being made', () => {
  const one = versionOf(documented(), { version: 1, containerName: 'foo-1', container: 'removed' });
  const three = { ...one, version: 3, containerName: 'foo-3', container: 'running' as const };
  const four = { ...one, version: 4, containerName: 'foo-4', container: 'planned' as const };
  const rs = replicaSet([one, three, four], { current: 3, operation });
  assert.equal(
    replicaSetHistory(rs).history.map((entry) => entry.version),
    [3, 1],
  );
});

test('the list shows every replicaSet by name, with what is under way', () => {
  const version = versionOf(documented());
  const state = stateOf(
    [
      replicaSet([version], { name: 'b', operation }),
      replicaSet([version], { name: 'a', state: 'failed', stateReason: 'gone', exitCode: 1 }),
      replicaSet([{ ...version, container: 'planned' }], { name: 'c', state: 'starting', current: 0 }),
    ],
    [],
  );
  const list = replicaSetList(state);
  assert.equal(
    list.map((entry) => [entry.name, entry.state]),
    [
      ['a', 'failed'],
      ['b', 'running'],
      ['c', 'starting'],
    ],
  );
  assert.equal(list[0]?.reason, 'gone');
  assert.equal(list[1]?.operation, { kind: 'patch', phase: 'forward' });
  assert.equal(list[1]?.ports, { 22: 40000, 443: 40001 });
  assert.equal(list[1]?.gpus, version.gpus);
  assert.is(list[2]?.version, version.version);
});

test('a page of 10,000 versions, some of them gone, looks only at its own', () => {
  const version = versionOf(documented());
  let looked = 0;
  const versions = Array.from({ length: 10_000 }, (_, i) => ({ ...version, version: 2 * i + 1 }));
  const counting = new Proxy(versions, {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
      return Reflect.get(target, key, receiver);
    },
  });
  const rs = { ...replicaSet(versions), versions: counting };
  const page = replicaSetHistory(rs, { limit: 3, before: 10_000 });
  assert.equal(
    page.history.map((entry) => entry.version),
    [9_999, 9_997, 9_995],
  );
  assert.is(page.next, 9_995);
  assert.ok(looked < 50, `${looked} versions were looked at`);
  assert.equal(replicaSetHistory(rs, { limit: 3, before: 4 }).next, undefined);
  assert.equal(replicaSetHistory(rs, { limit: 3, before: 1 }), { history: [] });
  const whole = replicaSetHistory(rs);
  assert.is(whole.history.length, 200);
  assert.is(whole.history[0]?.version, 19_999);
  assert.is(whole.next, whole.history.at(-1)?.version);
});

test('disks: what each version has of its own, and the sums; not more versions than fit', () => {
  const version = versionOf(documented());
  const disk = (n: number): object => ({ disk: { image: `i${n}`, layers: 1, bytes: 7, flattened: false } });
  const versions = Array.from({ length: 2_100 }, (_, i) => ({ ...version, version: i + 1, ...(i < 2_099 && disk(i + 1)) }));
  const rs = replicaSet(versions);
  const images = Array.from({ length: 2_099 }, (_, i) => ({
    ...{ image: `i${i + 1}`, name: 'foo', uid: rs.uid, version: i + 1 },
    ...{ bytes: 100 + i, shared: i === 2_098 ? 100 : 100 + i, layer: i === 0 ? null : 1 },
  }));
  const counted = { images, containers: [{ uid: rs.uid, version: 2_100, bytes: 3 }], volumes: new Map<string, number>() };
  const { total, replicaSets } = diskUsageView(stateOf([rs], []), rs.host, counted);
  assert.equal(total, { disks: 7 + 2_098, containers: 3, anonymousVolumes: 0, volumes: 0 }, 'the first as the log has it');
  const [shown] = replicaSets;
  assert.equal([shown?.versions.length, shown?.more], [2_000, true]);
  assert.equal(shown?.versions[0], { version: 2_099, bytes: 2_198, shared: 100, own: 2_098, layer: 1 });
  assert.equal(shown?.versions[1]?.own, 0);
  assert.equal(diskUsageView(stateOf([rs], []), rs.host, { ...counted, images: [] }).replicaSets[0]?.versions[0], {
    ...{ version: 2_099, bytes: null, shared: null, own: null, layer: null },
  });
});

test('200 versions of history render in a few ms', () => {
  const version = versionOf(documented());
  const rs = replicaSet(Array.from({ length: 200 }, (_, i) => ({ ...version, version: i + 1, containerName: `foo-${i + 1}` })));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    assert.is(JSON.stringify(replicaSetHistory(rs)).length > 100_000, true);
    best = Math.min(best, performance.now() - start);
  }
  assert.ok(best < 20, `${best} ms`);
});

test('info and history of a volume are the document’s examples, with enforced beside them', () => {
  const { Info } = example('volume-info').response.data as { Info: object };
  sameJson(volumeInfo(volumeVersion(1, '20GB', '2024-01-23 02:07:31')), { ...Info, enforced: true });
  const { history } = example('volume-history').response.data as { history: { version: number; createTime: string; status: object }[] };
  const versions = [
    volumeVersion(1, '20GB', '2024-01-23 02:17:28', { state: 'removed' }),
    volumeVersion(2, '50GB', '2024-01-23 02:17:30', { enforced: false }),
  ];
  sameJson(
    volumeHistory(volume(versions)).history,
    history.map((entry) => ({ ...entry, status: { ...entry.status, enforced: entry.version === 1 } })),
  );
});

test('history of a volume leaves out a version that is still being made', () => {
  const versions = [volumeVersion(1, '20GB', '2024-01-23 02:17:28'), volumeVersion(3, '50GB', '2024-01-23 02:17:30', { state: 'planned' })];
  assert.equal(
    volumeHistory(volume(versions, { current: 1 })).history.map((entry) => entry.version),
    [1],
  );
});

test('the list of volumes names those who mount them', () => {
  const bind = { src: 'bar-1', dest: '/data', volume: { name: 'bar', uid: 'v1' } };
  const version = versionOf(documented());
  const mounting = { ...version, spec: { ...version.spec, binds: [bind] } };
  const state = stateOf(
    [
      replicaSet([{ ...mounting, container: 'exited' }], { name: 'b' }),
      replicaSet([mounting], { name: 'a' }),
      replicaSet([{ ...mounting, container: 'removed' }], { name: 'c' }),
      replicaSet([{ ...mounting, failed: 'no' }], { name: 'd' }),
    ],
    [
      volume([volumeVersion(1, '20GB', '2024-01-23 02:17:28')]),
      volume([volumeVersion(1, '1GB', '2024-01-23 02:17:28', { state: 'planned' })], { name: 'a', uid: 'v2', current: 0 }),
    ],
  );
  const list = volumeList(state);
  assert.equal(
    list.map((entry) => [entry.name, entry.state, entry.mountedBy]),
    [
      ['a', 'creating', []],
      ['bar', 'ready', ['a', 'b']],
    ],
  );
  assert.is(list[1]?.volumeName, 'bar-1');
  assert.is(list[1]?.size, '20GB');
});

test('gpus: the document’s example; held ones are 1, lost ones are shown only while held', () => {
  sameJson({ gpus: gpuUsage(host()) }, example('gpus').response.data);
  const { gpus } = host();
  const [first, second, third] = gpus;
  assert.ok(first && second && third);
  const usage = gpuUsage({
    ...host(),
    gpus: [
      { ...first, holder: 'foo' },
      { ...second, present: false },
      { ...third, present: false, holder: 'foo' },
    ],
  });
  assert.equal(usage, { [first.gpu]: 1, [third.gpu]: 1 });
  assert.equal(gpuUsage(undefined), {});
});

test('ports: the document’s keys; the available ones are those that nobody holds', () => {
  const { ports } = example('ports').response.data as { ports: object };
  sameJson(portUsage(host()), { ...ports, AvailableCount: 25534 });
  const outside = portUsage({ ...host(), portRange: { start: 40001, end: 40010 } });
  assert.is(outside.AvailableCount, 9);
  assert.equal(Object.keys(outside.UsedPortSet), ['40000', '40001']);
  assert.equal(portUsage(undefined), { StartPort: 0, EndPort: 0, AvailableCount: 0, UsedPortSet: {} });
});

test('times are local and padded', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5);
  assert.is(createTime(at.toISOString()), '2026-01-02 03:04:05');
});

test('the documented state holds together', () => {
  const state = documentedState();
  assert.is(state.replicaSets.get('foo')?.current, 8);
  assert.is(state.volumes.get('bar')?.current, 2);
});

test.run();
