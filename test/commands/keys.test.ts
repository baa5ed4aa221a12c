// API keys: who may order what, on whose things, and how much. All of it is decided on the state and a time that is handed in.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, commands } from '../../src/commands/command.ts';
import type { Decision, Rejection } from '../../src/commands/decision.ts';
import type { InspectedImage } from '../../src/commands/outside/engine.ts';
import { isSecretOf, KEY_BYTES, newKey, partsOf } from '../../src/commands/request/keys/secret.ts';
import type { NewEvent } from '../../src/events/catalogue.ts';
import type { Quota, Role, Scope } from '../../src/events/key.ts';
import { keyStream } from '../../src/events/stream.ts';
import { keyList } from '../../src/projections/views/keys.ts';
import { goodFacts, run, Scenario } from '../support/scenario.ts';

const test = suite('API keys');
const HOUR_MS = 3_600_000;
const ADMIN = { id: 'x', name: 'createKey', actor: 'root' };

interface Given {
  readonly role?: Role;
  readonly scope?: Scope;
  readonly quota?: Quota;
  readonly expires?: string;
}

const { hashed } = newKey(Buffer.alloc(KEY_BYTES, 7));

function give(s: Scenario, name: string, { role = 'operator', scope = 'own', quota = {}, expires }: Given = {}): void {
  const data = { ...hashed, role, scope, quota, ...(expires !== undefined && { expires }) };
  s.append([{ type: 'KeyCreated', stream: keyStream(name), data }], ADMIN);
}

const as = (s: Scenario, key: string | undefined, command: Command): Rejection | null => {
  s.key = key;
  const { decision } = s.decide(command);
  return decision.kind === 'rejected' ? decision.rejection : null;
};
const does = (s: Scenario, key: string | undefined, command: Command): void => {
  s.key = key;
  s.run(command);
};
const refusal = (decision: Decision): string => (decision.kind === 'rejected' ? decision.rejection.message : decision.kind);
const eventOf = (decision: Decision): NewEvent | undefined => (decision.kind === 'events' ? decision.events[0] : undefined);

test('a key is found by its id, and only its own secret opens it', () => {
  const one = newKey(Buffer.alloc(KEY_BYTES, 1));
  const other = newKey(Buffer.alloc(KEY_BYTES, 2));
  const parts = partsOf(one.text);
  assert.is(parts?.id, one.hashed.id);
  assert.ok(isSecretOf(one.hashed, parts?.secret ?? ''));
  assert.not.ok(isSecretOf(other.hashed, parts?.secret ?? ''));
  assert.not.ok(isSecretOf(undefined, parts?.secret ?? ''));
  assert.not.ok(JSON.stringify(one.hashed).includes(parts?.secret ?? '?'));
  for (const text of ['', 'gda_', `${one.text}x`, one.text.slice(1), `gda_${one.hashed.id}_`, one.text.replace('gda', 'GDA')])
    assert.is(partsOf(text), null, text);
});

test('the owner is the actor who ran or made it, and stays it when others change it', () => {
  const s = new Scenario();
  give(s, 'ann');
  give(s, 'root', { role: 'admin', scope: 'all' });
  does(s, 'ann', run('foo'));
  does(s, 'ann', { do: 'createVolume', name: 'vol', size: '1GB' });
  does(s, 'root', { do: 'restart', name: 'foo' });
  does(s, 'root', { do: 'resizeVolume', name: 'vol', size: '2GB' });
  assert.is(s.rs('foo').owner, 'ann');
  assert.is(s.volume('vol').owner, 'ann');
  does(s, undefined, run('old'));
  assert.is(s.rs('old').owner, 'test', 'without keys it is whoever the log names');
});

test('an operator of scope own touches what he made, and nothing else', () => {
  const s = new Scenario();
  for (const name of ['ann', 'bob']) give(s, name);
  give(s, 'all', { scope: 'all' });
  does(s, 'ann', run('foo'));
  does(s, 'ann', { do: 'createVolume', name: 'vol', size: '1GB' });
  const onFoo: Command[] = [
    { do: 'stop', name: 'foo' },
    { do: 'pause', name: 'foo' },
    { do: 'restart', name: 'foo' },
    { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } },
    { do: 'delete', name: 'foo' },
    { do: 'commit', name: 'foo', newImageName: 'mine' },
    { do: 'execute', name: 'foo', cmd: ['ls'] },
    { do: 'setPolicy', name: 'foo', keepVersions: 3 },
    { do: 'deleteVolume', name: 'vol' },
    { do: 'resizeVolume', name: 'vol', size: '2GB' },
  ];
  for (const command of onFoo) {
    const refused = as(s, 'bob', command);
    assert.is(refused?.kind, 'forbidden', command.do);
    assert.match(refused?.message ?? '', /was made by somebody else, and key bob has scope own/);
    assert.not.match(refused?.message ?? '', /ann/, 'whose it is, is not said');
    assert.is(as(s, 'ann', command)?.kind === 'forbidden', false, command.do);
    assert.is(as(s, 'all', command)?.kind === 'forbidden', false, command.do);
  }
  const mount = { binds: [{ src: 'vol-1', dest: '/data' }] };
  assert.match(as(s, 'bob', run('mine', mount))?.message ?? '', /volume vol was made by somebody else/);
  assert.is(as(s, 'ann', run('mine', mount)), null);
  does(s, 'bob', run('bar', { binds: [{ src: '/mnt/a', dest: '/data' }] }));
  const volumePatch = { oldBind: { src: '/mnt/a', dest: '/data' }, newBind: { src: 'vol-1', dest: '/data' } };
  assert.match(as(s, 'bob', { do: 'patch', name: 'bar', volumePatch })?.message ?? '', /volume vol was made by somebody else/);
});

test("an image that a key of scope own committed is run by that key's name alone, and by its id by who sees all", () => {
  const s = new Scenario();
  for (const name of ['ann', 'bob']) give(s, name);
  give(s, 'all', { scope: 'all' });
  give(s, 'root', { role: 'admin', scope: 'all' });
  does(s, 'ann', run('foo'));
  does(s, 'ann', { do: 'commit', name: 'foo', newImageName: 'ubuntu:22.04' });
  does(s, 'root', { do: 'commit', name: 'foo', newImageName: 'lab/torch:1' });
  const committers = s.steps.flatMap((step) => (step.do === 'commitImage' ? [step.committer] : []));
  assert.equal(committers, ['ann', undefined], 'of who sees all it is everybody’s');
  const id = `sha256:${'ab'.repeat(32)}`;
  const runs = (key: string | undefined, imageName: string, image: Partial<InspectedImage>): Rejection | null => {
    s.key = key;
    const images = new Map([[imageName, { id, env: [], ...image }]]);
    const { decision } = s.decide(run('x', { imageName }), goodFacts({ images }));
    return decision.kind === 'rejected' ? decision.rejection : null;
  };
  const hers = { committedBy: 'ann', committedFrom: `${s.state.logId}/foo/u` };
  for (const key of ['bob', 'all', 'root']) {
    const refused = runs(key, 'ubuntu:22.04', hers);
    assert.equal([refused?.kind, refused?.code], ['forbidden', 1004], key);
    assert.match(refused?.message ?? '', /was committed by somebody else.*docker pull ubuntu:22\.04/);
    assert.not.match(refused?.message ?? '', /ann/);
  }
  assert.is(runs('ann', 'ubuntu:22.04', hers), null);
  assert.is(runs(undefined, 'ubuntu:22.04', hers), null, 'without keys everybody is trusted');
  assert.is(runs('bob', id, hers)?.kind, 'forbidden');
  assert.match(runs('root', 'ubuntu:22.04', hers)?.message ?? '', new RegExp(`by its id, ${id}`));
  assert.is(runs('root', id, hers), null);
  assert.is(runs('ann', 'x:1', { ...hers, committedFrom: 'another-log/foo/u' })?.kind, 'forbidden', 'an ann of another log');
  assert.is(runs('bob', 'lab/torch:1', { committedFrom: hers.committedFrom }), null);
});

test('a rollback brings back no volume of somebody else that the replicaSet does not mount any more', () => {
  const s = new Scenario();
  for (const name of ['ann', 'bob']) give(s, name);
  give(s, 'root', { role: 'admin', scope: 'all' });
  does(s, 'ann', { do: 'createVolume', name: 'vol', size: '1GB' });
  does(s, 'bob', { do: 'createVolume', name: 'own', size: '1GB' });
  does(s, 'bob', run('bar', { binds: [{ src: 'own-1', dest: '/data' }] }));
  const patch = (from: string, to: string): Command => ({
    do: 'patch',
    name: 'bar',
    volumePatch: { oldBind: { src: from, dest: '/data' }, newBind: { src: to, dest: '/data' } },
  });
  does(s, 'root', patch('own-1', 'vol-1'));
  assert.is(as(s, 'bob', { do: 'restart', name: 'bar' }), null, 'what an admin has mounted stays mounted');
  does(s, 'root', patch('vol-1', 'own-1'));
  assert.match(as(s, 'bob', { do: 'rollback', name: 'bar', version: 2 })?.message ?? '', /volume vol was made by somebody else/);
  assert.is(as(s, 'bob', { do: 'rollback', name: 'bar', version: 1 }), null);
  assert.is(as(s, 'root', { do: 'rollback', name: 'bar', version: 2 }), null);
});

test('a viewer orders nothing, and a key that has ended meanwhile orders nothing either', () => {
  const s = new Scenario();
  give(s, 'eve', { role: 'viewer', scope: 'all' });
  give(s, 'ann', { expires: new Date(s.now + HOUR_MS).toISOString() });
  assert.match(as(s, 'eve', run('foo'))?.message ?? '', /key eve has the role viewer: this needs the role operator/);
  assert.is(as(s, 'ann', run('foo')), null);
  s.pass(HOUR_MS);
  assert.match(as(s, 'ann', run('foo'))?.message ?? '', /revoked or has expired/);
  give(s, 'bob');
  assert.is(as(s, 'bob', run('foo')), null);
  s.append([{ type: 'KeyRevoked', stream: keyStream('bob'), data: {} }], ADMIN);
  assert.match(as(s, 'bob', run('foo'))?.message ?? '', /revoked or has expired/);
});

test('quotas of GPUs, containers and volume bytes say what is left', () => {
  const s = new Scenario(8);
  give(s, 'ann', { quota: { gpus: 3, containers: 2, volumeBytes: 3 * 1024 ** 3 } });
  does(s, 'ann', run('foo', { gpuCount: 2 }));
  assert.match(as(s, 'ann', run('bar', { gpuCount: 2 }))?.message ?? '', /ann is 3 GPUs at once: 2 in use, 1 left, and this needs 2 more/);
  assert.is(as(s, 'ann', run('bar', { gpuCount: 2 }))?.code, 1051);
  does(s, 'ann', run('bar', { gpuCount: 1 }));
  assert.match(as(s, 'ann', run('baz', { gpuCount: 0 }))?.message ?? '', /2 containers: 2 in use, 0 left, and this needs 1 more/);
  assert.match(
    as(s, 'ann', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } })?.message ?? '',
    /3 in use, 0 left, and this needs 1 more/,
  );
  does(s, 'ann', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  does(s, 'ann', { do: 'stop', name: 'bar' });
  does(s, 'ann', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } });
  assert.match(as(s, 'ann', { do: 'restart', name: 'bar' })?.message ?? '', /GPUs at once: 3 in use/);
  does(s, 'ann', { do: 'delete', name: 'bar' });
  assert.is(as(s, 'ann', run('baz', { gpuCount: 0 })), null);

  does(s, 'ann', { do: 'createVolume', name: 'v', size: '2GB' });
  assert.match(
    as(s, 'ann', { do: 'createVolume', name: 'w', size: '2GB' })?.message ?? '',
    /3GB of volumes: 2GB in use, 1GB left, and this needs 2GB more/,
  );
  assert.match(as(s, 'ann', { do: 'resizeVolume', name: 'v', size: '4GB' })?.message ?? '', /this needs 2GB more/);
  does(s, 'ann', { do: 'resizeVolume', name: 'v', size: '3GB' });
  does(s, 'ann', { do: 'resizeVolume', name: 'v', size: '1GB' });
  does(s, 'ann', { do: 'createVolume', name: 'w', size: '2GB' });
  does(s, 'ann', { do: 'deleteVolume', name: 'v' });
  assert.equal(s.state.owned.get('ann'), { containers: 1, volumeBytes: 2 * 1024 ** 3 });
});

test('two commands at once do not both get what is left: each is decided on what the one before leaves', () => {
  const s = new Scenario(8);
  give(s, 'ann', { quota: { gpus: 1 } });
  s.key = 'ann';
  const first = s.decide(run('foo'));
  assert.is(first.decision.kind, 'events');
  if (first.decision.kind === 'events') s.append(first.decision.events, first.meta);
  assert.match(as(s, 'ann', run('bar'))?.message ?? '', /1 in use, 0 left/);
});

test('the quota is the owner’s, whoever orders; an admin is held to none but his own', () => {
  const s = new Scenario(8);
  give(s, 'ann', { quota: { gpus: 1 } });
  give(s, 'bob', { scope: 'all' });
  give(s, 'root', { role: 'admin', scope: 'all' });
  does(s, 'ann', run('foo'));
  const more: Command = { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } };
  assert.match(as(s, 'bob', more)?.message ?? '', /the quota of ann/);
  assert.is(as(s, 'root', more), null);
});

test('GPU-hours of the month are counted over holdings that ended and those that last, and begin anew with the month', () => {
  const s = new Scenario(8);
  give(s, 'ann', { quota: { gpuHoursMonth: 10 } });
  const used = (): number => keyList(s.state, s.now, 'ann')[0]?.used.gpuHoursMonth ?? -1;
  does(s, 'ann', run('foo', { gpuCount: 2 }));
  s.pass(3 * HOUR_MS);
  assert.ok(Math.abs(used() - 6) < 0.01, `${used()}`);
  does(s, 'ann', { do: 'stop', name: 'foo' });
  s.pass(30 * HOUR_MS);
  assert.ok(Math.abs(used() - 6) < 0.01, `${used()}`);
  does(s, 'ann', { do: 'restart', name: 'foo' });
  s.pass(2 * HOUR_MS + 1_000);
  assert.match(as(s, 'ann', run('bar'))?.message ?? '', /used up: 10(\.\d+)? of 10 GPU-hours of this month \(UTC\)/);
  for (const command of [
    { do: 'restart', name: 'foo' },
    { do: 'continue', name: 'foo' },
  ] as const)
    assert.match(as(s, 'ann', command)?.message ?? '', /used up/, command.do);
  assert.is(as(s, 'ann', run('bar', { gpuCount: 0 })), null, 'without GPUs it takes none');
  assert.is(as(s, 'ann', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } }), null, 'some may be given back');
  assert.is(as(s, 'ann', { do: 'stop', name: 'foo' }), null);
  // The scenario begins on 1 January.
  s.pass(Date.parse('2026-02-01T01:00:00.000Z') - s.now);
  assert.ok(Math.abs(used() - 2) < 0.01, `${used()}: two GPUs for the hour since the month began`);
  assert.is(as(s, 'ann', run('bar')), null);
  does(s, 'ann', { do: 'delete', name: 'foo' });
  assert.ok(Math.abs(used() - 2) < 0.01, `${used()}`);
  const [behind] = keyList(s.state, Date.parse('2026-01-31T23:59:00.000Z'), 'ann');
  assert.ok(Math.abs((behind?.used.gpuHoursMonth ?? 0) - 2) < 0.01, 'a clock behind the log does not give it anew');
});

test('keys are created, changed and revoked by events, and refused where they would be wrong', () => {
  const s = new Scenario();
  const by = { actor: 'root', now: s.now };
  const create = (more: object): Decision => commands.createKey.decide(s.state, { name: 'ann', ...hashed, ...more }, { by });
  assert.equal(eventOf(create({}))?.data, { ...hashed, role: 'operator', scope: 'own', quota: {} });
  assert.equal(eventOf(create({ role: 'viewer' }))?.data, { ...hashed, role: 'viewer', scope: 'all', quota: {} });
  assert.equal(eventOf(create({ expires: '2030-01-01T00:00+01:00' }))?.data, {
    ...hashed,
    role: 'operator',
    scope: 'own',
    quota: {},
    expires: '2029-12-31T23:00:00.000Z',
  });
  for (const name of ['', 'anonymous', 'system:reconcile', 'System', 'a b', 'ä', '-x', 'x'.repeat(64)])
    assert.match(refusal(create({ name })), /cannot be a key’s/, name);
  assert.match(refusal(create({ role: 'admin', scope: 'own' })), /an admin has scope all/);
  assert.match(refusal(create({ expires: '2020-01-01' })), /in the past/);
  for (const expires of ['soon', '2030-02-31', '1893456000000'])
    assert.match(refusal(create({ expires })), /not an ISO 8601 time/, expires);

  give(s, 'ann', { quota: { gpus: 1, containers: 2 }, expires: '2030-01-01T00:00:00.000Z' });
  assert.match(refusal(create({})), /there is a key ann already/);
  const set = (more: object): Decision => commands.setKey.decide(s.state, { name: 'ann', ...more }, { by });
  assert.equal(eventOf(set({ quota: { gpus: 4 }, unlimited: ['containers'] }))?.data, {
    role: 'operator',
    scope: 'own',
    quota: { gpus: 4 },
    expires: '2030-01-01T00:00:00.000Z',
  });
  assert.equal(eventOf(set({ role: 'admin', neverExpires: true }))?.data, {
    role: 'admin',
    scope: 'all',
    quota: { gpus: 1, containers: 2 },
  });
  give(s, 'root', { role: 'admin', scope: 'all' });
  const demote = (more: object): unknown => {
    const event = eventOf(commands.setKey.decide(s.state, { name: 'root', ...more }, { by }));
    return event?.type === 'KeyChanged' ? event.data.scope : event;
  };
  assert.equal(
    [demote({ role: 'operator' }), demote({ role: 'viewer' }), demote({ role: 'operator', scope: 'all' }), demote({ quota: { gpus: 1 } })],
    ['own', 'all', 'all', 'all'],
  );
  s.append([{ type: 'KeyRevoked', stream: keyStream('root'), data: {} }], ADMIN);
  const revoke = (name: string, open = false): Decision => commands.revokeKey.decide(s.state, { name, open });
  assert.match(refusal(revoke('bob')), /there is no key bob/);
  assert.match(refusal(revoke('ann')), /ann is the last key/);
  assert.is(eventOf(revoke('ann', true))?.type, 'KeyRevoked');
  give(s, 'bob');
  s.append([{ type: 'KeyRevoked', stream: keyStream('ann'), data: {} }], ADMIN);
  assert.is(revoke('ann').kind, 'already');
  assert.match(refusal(set({})), /there is no key ann/);
  assert.is(eventOf(create({}))?.type, 'KeyCreated', 'the name can have a new key');
  assert.match(
    refusal(commands.createKey.decide({ ...s.state, logLevel: 1 }, { name: 'new', ...hashed }, { by })),
    /gpu-docker-api log raise/,
  );
});

test.run();
