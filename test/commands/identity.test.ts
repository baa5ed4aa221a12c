// Who is who: a machine leads a host of the log only when the ids that it keeps say that it is that host.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimedHost, judgeIdentity, type MachineIdentity, refusalToLead, seenCode } from '../../src/commands/host/identity.ts';
import { initialState, type State } from '../../src/projections/state.ts';

const identity = suite('identity');

const BOX: MachineIdentity = {
  hostId: 'host-id-of-box',
  name: 'box',
  machineId: 'machine-1',
  engineId: 'ENGINE:1',
  dataRoot: '/var/lib/docker',
  storageDriver: 'overlay2',
};

/** A log that knows these hosts; `label` where a machine was renamed since. */
function logOf(...hosts: readonly (MachineIdentity & { readonly label?: string; readonly unbound?: true })[]): State {
  const known = hosts.map(({ name, label, unbound, ...binding }) => {
    const host = { name, gpus: [], portRange: null, ports: new Map(), reads: 2, ...(label !== undefined && { label }) };
    return [name, unbound === true ? host : { ...host, identity: binding }] as const;
  });
  return { ...initialState, hosts: new Map(known) };
}

const refused = (state: State, machine: MachineIdentity, differs: RegExp, mend: RegExp): void => {
  const verdict = judgeIdentity(state, machine);
  assert.is(verdict.kind, 'refused', JSON.stringify(verdict));
  if (verdict.kind !== 'refused') return;
  assert.match(verdict.differs, differs);
  assert.match(verdict.mend, mend);
};

identity('an empty log takes the machine; the same machine leads again', () => {
  assert.equal(judgeIdentity(initialState, BOX), { kind: 'new', host: 'box' });
  assert.equal(judgeIdentity(logOf(BOX), BOX), { kind: 'same', host: 'box', renamed: false });
});

identity('another name of the same machine is a label: the host stays who it is', () => {
  assert.equal(judgeIdentity(logOf(BOX), { ...BOX, name: 'box2' }), { kind: 'same', host: 'box', renamed: true });
  assert.equal(judgeIdentity(logOf({ ...BOX, label: 'box2' }), { ...BOX, name: 'box2' }), { kind: 'same', host: 'box', renamed: false });
  assert.is(claimedHost(logOf(BOX), { ...BOX, name: 'whatever' }), 'box');
});

identity('another engine, machine, data root or storage driver does not lead, and is told how to mend it', () => {
  const adopt = /gpu-docker-api hosts adopt box/;
  refused(logOf(BOX), { ...BOX, engineId: 'ENGINE:2' }, /Docker's id is ENGINE:2, in the log ENGINE:1/, adopt);
  refused(logOf(BOX), { ...BOX, machineId: 'machine-2' }, /machine id .* is machine-2, in the log machine-1/, adopt);
  refused(logOf(BOX), { ...BOX, dataRoot: '/mnt/docker' }, /data root is \/mnt\/docker/, adopt);
  refused(logOf(BOX), { ...BOX, storageDriver: 'vfs' }, /storage driver is vfs/, adopt);
});

identity('a refusal calls a renamed host by its present name, and says which name the command takes', () => {
  const machine = { ...BOX, name: 'box2', engineId: 'ENGINE:2' };
  refused(logOf({ ...BOX, label: 'box2' }), machine, /as host box2/, /meant to be host box2 \(box in the log\).* hosts adopt box --seen/);
});

identity('an id that the machine does not say is no difference', () => {
  assert.is(judgeIdentity(logOf(BOX), { ...BOX, machineId: '' }).kind, 'same');
  assert.is(judgeIdentity(logOf({ ...BOX, engineId: '' }), BOX).kind, 'same');
});

identity("a name that another machine's host has, and a Docker that is another host's", () => {
  const stranger = { ...BOX, hostId: 'other', machineId: 'machine-2', engineId: 'ENGINE:2' };
  refused(logOf(BOX), stranger, /knows another machine as host box/, /remove host\.json.*--host-name.*hosts adopt box/);
  refused(logOf(BOX), { ...BOX, hostId: 'lost', machineId: '' }, /its host id is host-id-of-box/, /data directory of before/);
  refused(logOf(BOX), { ...BOX, hostId: 'lost', name: 'box2' }, /this Docker .* belongs to host box/, /hosts adopt box/);
  const gpu2 = { ...stranger, name: 'gpu2' };
  refused(logOf(BOX, gpu2), { ...BOX, name: 'gpu2' }, /is host box of the log, and its name is now gpu2/, /--host-name box/);
});

identity('a lost data directory is no loss where machine and engine are known by their own ids', () => {
  assert.equal(judgeIdentity(logOf(BOX), { ...BOX, hostId: 'lost-data-dir' }), { kind: 'same', host: 'box', renamed: false });
  refused(logOf(BOX), { ...BOX, hostId: 'lost', storageDriver: 'vfs' }, /storage driver is vfs/, /hosts adopt box/);
});

identity('a log from before hosts had ids: bound under the same name, refused under another', () => {
  const old = logOf({ ...BOX, unbound: true });
  assert.equal(judgeIdentity(old, BOX), { kind: 'same', host: 'box', renamed: false });
  refused(old, { ...BOX, name: 'box2' }, /knows host box, not box2/, /hosts adopt box --seen .{8};.*start the server on box once/);
});

identity('a second machine joins; a name that was left by a renamed host is free, its key is not', () => {
  const second = { ...BOX, hostId: 'second-host-id', name: 'gpu2', machineId: 'machine-2', engineId: 'ENGINE:2' };
  assert.equal(judgeIdentity(logOf(BOX), second), { kind: 'new', host: 'gpu2' });
  assert.equal(judgeIdentity(logOf({ ...BOX, label: 'renamed' }), { ...second, name: 'box' }), { kind: 'new', host: 'box-second-h' });
});

identity('the host that the data directory names must be the one that the machine is', () => {
  const second = { ...BOX, hostId: 'second-host-id', name: 'gpu2', machineId: 'machine-2', engineId: 'ENGINE:2' };
  const reason = (state: State, machine: MachineIdentity, host: string): string => {
    const refusal = refusalToLead(state, machine, host, null);
    return refusal === null ? 'leads' : `${refusal.differs}. ${refusal.mend}`;
  };
  assert.is(reason(initialState, { ...BOX, name: 'renamed' }, 'box'), 'leads', 'an empty log takes the name of the data directory');
  assert.is(reason(logOf(BOX), BOX, 'box'), 'leads');
  assert.is(reason(logOf(BOX), { ...BOX, name: 'renamed' }, 'box'), 'leads');
  assert.is(reason(logOf(BOX), second, 'gpu2'), 'leads');
  // It was first started under the name of the other machine, and is started under another name now.
  assert.match(reason(logOf(BOX), second, 'box'), /host box, which is another machine.*remove host\.json.*the name gpu2/);
  // The data directory of a renamed machine was lost, or the name of a log without ids was given late.
  const renamed = { ...BOX, label: 'box2' };
  assert.match(
    reason(logOf(renamed), { ...BOX, name: 'box2', hostId: 'lost' }, 'box2'),
    /as host box, .*calls it box2.*hosts adopt box --seen [0-9a-f]{8}$/,
  );
  assert.match(reason(logOf({ ...BOX, unbound: true }), BOX, 'box2'), /hosts adopt box --seen [0-9a-f]{8}$/);
});

identity("an operator's word counts for a host that the log knows, not for a name that was mistyped", () => {
  const other = { ...BOX, hostId: 'other', machineId: 'machine-2', engineId: 'ENGINE:2' };
  const word = (state: State, host: string) => ({ by: 'alice', seen: seenCode(state, other, host) });
  assert.is(refusalToLead(logOf(BOX), other, 'box', word(logOf(BOX), 'box')), null);
  const gpu2 = { ...other, name: 'gpu2' };
  for (const machine of [other, gpu2]) {
    const { differs = '', mend = '' } = refusalToLead(logOf(BOX), machine, 'bxo', word(logOf(BOX), 'bxo')) ?? {};
    assert.match(differs, /host bxo, which the log does not know; it knows box/);
    assert.match(mend, /hosts adopt box --seen/);
  }
  assert.is(refusalToLead(initialState, BOX, 'box', word(initialState, 'box')), null);
});

identity("an operator's word is about the machine, the Docker and the binding that he was shown", () => {
  const seenFirst = { ...BOX, engineId: 'ENGINE:2' };
  const [, seen = ''] = /--seen (\w{8})$/.exec(refusalToLead(logOf(BOX), seenFirst, 'box', null)?.mend ?? '') ?? [];
  const word = { by: 'alice', seen };
  assert.is(refusalToLead(logOf(BOX), seenFirst, 'box', word), null);
  assert.is(refusalToLead(logOf(BOX), { ...seenFirst, name: 'box2' }, 'box', word), null, 'a name is not an identity');
  const changed: readonly (readonly [State, MachineIdentity])[] = [
    [logOf(BOX), { ...BOX, engineId: 'ENGINE:3' }],
    [logOf(BOX), { ...seenFirst, machineId: 'machine-2' }],
    [logOf(BOX), { ...seenFirst, dataRoot: '/mnt/docker' }],
    [logOf({ ...BOX, dataRoot: '/elsewhere' }), seenFirst],
  ];
  for (const [state, machine] of changed) {
    const refusal = refusalToLead(state, machine, 'box', word);
    assert.match(refusal?.differs ?? 'leads', /^alice said .* has changed since.*this is not the machine that the log knows as host box/);
    assert.match(refusal?.mend ?? '', new RegExp(`hosts adopt box --seen (?!${seen})`));
  }
  assert.is(refusalToLead(logOf(BOX), BOX, 'box', word), null, 'a word that nobody needs does no harm');
});

identity.run();
