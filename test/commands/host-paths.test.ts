// Host paths and volumes that binds may name: an allow list, and nothing that another replicaSet could replace by a link.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rulesFor, sharedWith } from '../../src/commands/container/host-paths.ts';
import type { Facts, Settings } from '../../src/commands/decision.ts';
import { keyStream } from '../../src/events/stream.ts';
import type { State } from '../../src/projections/state.ts';
import { goodFacts, run, Scenario, settings } from '../support/scenario.ts';

const test = suite('what may be mounted');

/** As a server is set up without options, on its own machine. */
const bare: Settings = {
  ...settings,
  allowBind: [],
  forbiddenPaths: ['/etc', '/proc', '/usr', '/run'],
  protectedPaths: ['/var/lib/gda', '/run/docker.sock'],
  createBinds: false,
  allowVolumes: 'managed',
};
const local = (over: Partial<Facts> = {}): Facts => goodFacts({ dataRoot: '/docker', ...over });
const links = (targets: Readonly<Record<string, string>>): Facts =>
  local({ hostPaths: { get: (path: string) => targets[path] ?? path } as unknown as ReadonlyMap<string, string> });
const mounts = (src: string, name = 'foo') => run(name, { binds: [{ src, dest: '/x' }] });

/** '' when it is accepted. */
function refusal(allowBind: readonly string[], src: string, facts = local(), more: Partial<Settings> = {}): string {
  const { decision } = new Scenario().decide(mounts(src), facts, { ...bare, allowBind, ...more });
  return decision.kind === 'rejected' ? decision.rejection.message : decision.kind === 'events' ? '' : decision.kind;
}

test('no host path without --allow-bind, and the refusal names the flag and the path', () => {
  assert.match(
    refusal([], '/etc/ssl'),
    /start the server with --allow-bind \/etc\/ssl$/,
    'one above a directory of the system does not cover it',
  );
  for (const path of ['/srv/lab', '/home', '/nonexist'])
    assert.match(refusal([], path), new RegExp(`^host path ${path} .*start the server with --allow-bind ${path},`));
});

test('an allowed root covers what is below it, by what it is written as and by where it leads', () => {
  assert.is(refusal(['/srv/lab'], '/srv/lab'), '');
  assert.is(refusal(['/srv/lab'], '/srv/lab/alice'), '');
  assert.is(refusal(['/srv/lab', '/data'], '/srv/lab/a', links({ '/srv/lab/a': '/data/a' })), '');
  for (const path of ['/srv', '/srv/labx', '/srv/lab/..', '/etc'])
    assert.match(
      refusal(['/srv/lab'], path),
      /is outside of what --allow-bind allows \(\/srv\/lab\): an operator can add --allow-bind/,
      path,
    );
});

test('a refusal does not say where a link leads', () => {
  for (const target of ['/etc/shadow', '/var/lib/gda', '/secret'])
    assert.is(
      refusal(['/srv/lab', '/etc'], '/srv/lab/a', links({ '/srv/lab/a': target === '/etc/shadow' ? '/usr/bin' : target })),
      'host path /srv/lab/a leads outside of what --allow-bind allows',
    );
});

test('a root above a directory of the system does not cover it; one at or in it does', () => {
  for (const path of ['/etc', '/etc/ssl', '/proc/1/root'])
    assert.match(
      refusal(['/'], path, local(), { protectedPaths: [] }),
      /would hand over \/\w+ of the host: only an --allow-bind that names it/,
      path,
    );
  assert.is(refusal(['/etc/ssl'], '/etc/ssl/certs'), '');
  assert.is(refusal(['/', '/usr/local'], '/usr/local/cuda'), '');
  assert.is(refusal(['/'], '/home'), '');
});

test('what belongs to Docker or to the service is mounted by no option', () => {
  for (const [root, path] of [
    ['/', '/var/lib/gda'],
    ['/var/lib/gda', '/var/lib/gda/etcd'],
    ['/var', '/var/lib'],
    ['/run', '/run'],
    ['/run/docker.sock', '/run/docker.sock'],
    ['/docker', '/docker/volumes'],
  ] as const)
    assert.match(refusal([root], path), /belongs to Docker or to this service: that is never mounted/, path);
  for (const path of ['/var/lib/gda', '/docker', '/'])
    for (const roots of [[], ['/srv/lab']])
      assert.match(refusal(roots, path), /(unless --allow-bind allows it|\(\/srv\/lab\))$/, 'no way that leads nowhere');
});

test('a path that does not exist is refused, unless Docker may make it', () => {
  const facts = local({ absentPaths: new Set(['/srv/lab/new']) });
  assert.match(refusal(['/srv/lab'], '/srv/lab/new', facts), /does not exist: make it first, or .* --create-binds/);
  assert.is(refusal(['/srv/lab'], '/srv/lab/new', facts, { createBinds: true }), '');
});

test('a path below or above one that another replicaSet mounts is refused, saying whose; the same one is shared', () => {
  const s = new Scenario();
  s.run(mounts('/srv/lab', 'hlp'), undefined, local());
  const message = (src: string, facts = local()): string => {
    const { decision } = s.decide(mounts(src), facts);
    return decision.kind === 'rejected' ? decision.rejection.message : '';
  };
  assert.match(message('/srv/lab/alice'), /^host path \/srv\/lab\/alice lies below \/srv\/lab, which replicaSet hlp mounts/);
  assert.match(message('/srv'), /^host path \/srv lies above \/srv\/lab, which replicaSet hlp mounts/);
  assert.match(message('/data/link', links({ '/data/link': '/srv/lab/x' })), /lies below \/srv\/lab/);
  for (const src of ['/srv/lab', '/srv/other', '/srv/labx']) assert.is(message(src), '', src);
  s.run(
    { do: 'patch', name: 'hlp', volumePatch: { oldBind: { src: '/srv/lab', dest: '/x' }, newBind: { src: '/srv/lab/a', dest: '/x' } } },
    undefined,
    local(),
  );
  assert.match(message('/srv/lab'), /lies above \/srv\/lab\/a/, 'its own versions are no hindrance to itself');
  s.run({ do: 'delete', name: 'hlp' });
  assert.is(message('/srv/lab'), '');
});

test('a thousand paths beside five thousand names are looked at in one pass over these, whose versions are looked at once', () => {
  let looks = 0;
  const other = (i: number) => ({
    name: `other${i}`,
    host: bare.host,
    get versions() {
      looks++;
      return [{ container: 'exited', spec: { binds: [{ src: `/srv/a/${i}`, dest: '/x' }] } }];
    },
  });
  const others = Array.from({ length: 5_000 }, (_, i) => other(i));
  let passes = 0;
  const replicaSets = {
    values: () => {
      passes++;
      return others;
    },
  };
  const state = { replicaSets } as unknown as State;
  const who = { host: bare.host, name: 'foo', own: null };
  const many = Array.from({ length: 1_000 }, (_, i) => ({ src: `/srv/b/${i}` }));
  assert.is(sharedWith(state, who, many), null);
  const since = performance.now();
  assert.match(
    sharedWith(state, who, [...many, { src: '/srv/a/4999/c' }]) ?? '',
    /c lies below \/srv\/a\/4999, which replicaSet other4999 mounts/,
  );
  assert.ok(performance.now() - since < 1_000, `${performance.now() - since} ms`);
  assert.equal([looks, passes], [5_000, 2]);
  assert.is(sharedWith(state, who, []), null);
  assert.is(passes, 2);
});

test('a name that mounts what is refused today is patched as it is, for as long as its container is there', () => {
  const s = new Scenario();
  s.run(mounts('/srv/lab/a'), undefined, local());
  // As a release without the rule let it.
  const before = s.state;
  s.run(mounts('/srv/other', 'hlp'), undefined, local());
  const hlp = s.rs('hlp');
  const versions = hlp.versions.map((v) => ({ ...v, spec: { ...v.spec, binds: [{ src: '/srv/lab', dest: '/x' }] } }));
  s.state = { ...s.state, replicaSets: new Map([...before.replicaSets, ['hlp', { ...hlp, versions }]]) };
  const patch = { do: 'patch', name: 'foo' } as const;
  const said = (command: Parameters<Scenario['decide']>[0], facts = local()): string => {
    const { decision } = s.decide(command, facts, { ...bare, allowBind: ['/srv'] });
    return decision.kind === 'rejected' ? decision.rejection.message : decision.kind;
  };
  assert.is(said(patch), 'events');
  assert.is(said({ do: 'restart', name: 'foo' }), 'events');
  assert.match(said(mounts('/srv/lab/a', 'new')), /lies below \/srv\/lab/, 'nobody else');
  assert.match(said(patch, links({ '/srv/lab/a': '/srv/lab/b' })), /lies below \/srv\/lab/, 'it leads elsewhere now');
  const to = (src: string): Parameters<Scenario['decide']>[0] => ({
    ...patch,
    volumePatch: { oldBind: { src: '/srv/lab/a', dest: '/x' }, newBind: { src, dest: '/x' } },
  });
  assert.match(said(to('/srv/lab/b')), /lies below \/srv\/lab/);
  assert.is(said(to('/srv/c')), 'events');
  const foo = s.rs('foo');
  const gone = foo.versions.map((v) => ({
    ...v,
    container: 'removed' as const,
    disk: { image: 'sha256:d', bytes: 1, layers: 1, flattened: false },
  }));
  s.state = { ...s.state, replicaSets: new Map([...s.state.replicaSets, ['foo', { ...foo, versions: gone }]]) };
  assert.match(said({ do: 'restart', name: 'foo' }), /lies below \/srv\/lab/, 'its container is gone, and with it its claim');
});

test('a volume that only an earlier release let a name mount stays mounted by it, and is mounted by nobody else', () => {
  const s = new Scenario();
  const facts = (seen: 'none' | 'other'): Facts => local({ volumes: { get: () => seen } as unknown as Facts['volumes'] });
  s.run(mounts('postgres_data'), undefined, facts('other'));
  const said = (command: Parameters<Scenario['decide']>[0], seen: 'none' | 'other' = 'other'): string => {
    const { decision } = s.decide(command, facts(seen), bare);
    return decision.kind === 'rejected' ? decision.rejection.message : decision.kind;
  };
  assert.is(said({ do: 'patch', name: 'foo' }), 'events');
  assert.match(said(mounts('postgres_data', 'new')), /was not made by this service/);
  assert.match(said({ do: 'patch', name: 'foo' }, 'none'), /does not exist/);
});

test('{owner} in an allowed root is the name of the owner: nobody else mounts what is below it, and nobody what is above', () => {
  const s = new Scenario();
  const only = { ...bare, allowBind: ['/srv/lab/{owner}', '/data'] };
  const key = { id: '0'.repeat(16), salt: '00', hash: '00', role: 'operator', scope: 'own', quota: {} } as const;
  for (const name of ['ann', 'bob'])
    s.append([{ type: 'KeyCreated', stream: keyStream(name), data: key }], { id: 'k', name: 'createKey', actor: 'root' });
  const said = (actor: string | undefined, command: Parameters<Scenario['decide']>[0]): string => {
    s.key = actor;
    const { decision } = s.decide(command, local(), only);
    return decision.kind === 'rejected' ? decision.rejection.message : decision.kind;
  };
  for (const path of ['/srv/lab/ann', '/srv/lab/ann/x', '/data/imagenet']) assert.is(said('ann', mounts(path)), 'events', path);
  for (const path of ['/srv/lab', '/srv/lab/bob', '/srv/lab/{owner}', '/srv/lab/ann/../bob'])
    assert.match(said('ann', mounts(path)), /is outside of what --allow-bind allows \(\/srv\/lab\/ann, \/data\)/, path);
  s.key = 'ann';
  s.run(mounts('/data/ann/private', 'hers'), undefined, local());
  const hidden = said('bob', mounts('/data'));
  assert.match(hidden, /^host path \/data lies above a path that a replicaSet of somebody else mounts/);
  assert.not.match(hidden, /hers|private/);
  assert.equal(rulesFor('../../etc', only).allowBind, ['/data'], 'a name that is no key’s has no directory');
  const careless = {
    ...bare,
    forbiddenPaths: ['/etc', '/var/lib/kubelet'],
    allowBind: ['/{owner}/x', '/var/lib/{owner}', '/etc/lab/{owner}'],
  };
  assert.equal(rulesFor('kubelet', careless).allowBind, ['/kubelet/x', '/etc/lab/kubelet'], 'no name stands for a directory of the system');
  assert.equal(rulesFor('etc', careless).allowBind, ['/var/lib/etc', '/etc/lab/etc']);
});

test('by name only volumes of this log, and those that an operator has marked', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
  const message = (src: string, seen: 'none' | 'ours' | 'marked' | 'other', allowVolumes: 'managed' | 'any' = 'managed'): string => {
    const { decision } = s.decide(mounts(src), local({ volumes: new Map([[src, seen]]) }), { ...bare, allowVolumes });
    return decision.kind === 'rejected' ? decision.rejection.message : '';
  };
  assert.is(message('bar-1', 'ours'), '');
  assert.match(message('bar-1', 'other'), /replaced in Docker by someone else/);
  assert.is(message('sets', 'marked'), '');
  for (const seen of ['other', 'ours'] as const)
    assert.match(
      message('hostroot', seen),
      /was not made by this service.*docker volume create --label gpu-docker-api\.allow=true NAME; .*--allow-volumes any/,
    );
  assert.match(message('nix', 'none'), /volume nix does not exist: create one with POST \/api\/v1\/volumes/);
  assert.match(message('bar', 'none'), /is mounted as bar-1/);
  for (const seen of ['other', 'none'] as const) assert.is(message('hostroot', seen, 'any'), '');
});

test.run();
