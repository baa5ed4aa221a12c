// Host paths and volumes that binds may name: an allow list, and nothing that another replicaSet could replace by a link.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedWith } from '../../src/commands/container/host-paths.ts';
import type { Facts, Settings } from '../../src/commands/decision.ts';
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

test('the versions of another replicaSet are looked at once, however many binds there are', () => {
  let looks = 0;
  const versions = [{ container: 'exited', spec: { binds: [{ src: '/srv/a', dest: '/x' }] } }];
  const other = {
    name: 'other',
    host: bare.host,
    get versions() {
      looks++;
      return versions;
    },
  };
  const state = { replicaSets: new Map([['other', other]]) } as unknown as State;
  for (const src of ['/srv/b', '/srv/c', '/srv/d']) assert.is(sharedWith(state, bare.host, 'foo', { src }), null);
  assert.match(sharedWith(state, bare.host, 'foo', { src: '/srv/a/b' }) ?? '', /lies below \/srv\/a, which replicaSet other mounts/);
  assert.is(looks, 1);
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
