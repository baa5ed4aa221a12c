// Names of images mean what Docker takes them for.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { imageOrigin } from '../../src/commands/outside/engine.ts';
import { ANY_REGISTRY, isDiskRepository, isFrom, isShortId, registryIn, repositoryOf } from '../../src/commands/request/image-name.ts';
import { goodFacts, Scenario } from '../support/scenario.ts';

const names = suite('names of images');

names('a repository is completed as Docker completes it', () => {
  for (const [name, repository] of [
    ['ubuntu', 'docker.io/library/ubuntu'],
    ['ubuntu:22.04', 'docker.io/library/ubuntu'],
    ['docker.io/ubuntu', 'docker.io/library/ubuntu'],
    ['index.docker.io/library/ubuntu:x', 'docker.io/library/ubuntu'],
    ['lab/ubuntu@sha256:00', 'docker.io/lab/ubuntu'],
    ['localhost/ubuntu', 'localhost/ubuntu'],
    ['registry:5000/a/b:c', 'registry:5000/a/b'],
    ['Lab/ubuntu', 'Lab/ubuntu'],
  ] as const)
    assert.is(repositoryOf(name), repository, name);
});

names('an image is from the registry that Docker would ask, and below a path at its slashes', () => {
  const hub = ['busybox', 'lab/x:1', 'index.docker.io/lab/x', 'docker.io/x@sha256:00', 'Docker.IO/x', '127.0.0.1:5000', 'lab'];
  for (const name of hub) assert.ok(isFrom(name, ['docker.io']), name);
  const others = ['10.0.0.5:5000/x', 'docker.io:443/x', 'docker.io.evil.example/x', 'localhost/x', 'ghcr.io/docker.io/x'];
  for (const name of others) {
    assert.not(isFrom(name, ['docker.io']), name);
    assert.ok(isFrom(name, ['ghcr.io', ANY_REGISTRY]), name);
    assert.not(isFrom(name, []), name);
  }
  assert.ok(isFrom('r.lab:5000/a/b/c:1', ['r.lab:5000/a/b']));
  assert.ok(isFrom('r.lab:5000/a/b', ['r.lab:5000/a/b']));
  for (const name of ['r.lab:5000/a/bc', 'r.lab:5000/a', 'r.lab/a/b', 'r.lab:50001/a/b'])
    assert.not(isFrom(name, ['r.lab:5000/a/b']), name);
  assert.equal(['Index.Docker.io', 'R.lab:5000/a/', 'localhost', 'any'].map(registryIn), ['docker.io', 'r.lab:5000/a', 'localhost', 'any']);
  assert.equal(['lab', '', 'a.io/..', 'https://a.io', 'a.io:x', '.io', 'a.io/*', 'a.io?'].map(registryIn), Array(8).fill(null));
});

names('the repository of saved disks is known in every spelling, and others are let be', () => {
  const disk = 'gpu-docker-api/disk';
  for (const name of [disk, `${disk}:a-1`, `docker.io/${disk}:a-1`, `index.docker.io/${disk}`, `${disk}@sha256:00`])
    assert.ok(isDiskRepository(name), name);
  for (const name of [`lab/${disk}`, `registry:5000/${disk}`, `${disk}s`, 'disk']) assert.not(isDiskRepository(name), name);
});

names('a few digits of an id name no image', () => {
  const id = `sha256:8badf00d8badf00d${'0'.repeat(48)}`;
  for (const short of ['8', '8badf00d8ba', 'sha256:8bad']) assert.ok(isShortId(short, id), short);
  for (const good of ['8badf00d8bad', id, 'bad', 'ubuntu', '9']) assert.not(isShortId(good, id), good);
});

names.run();

const tenants = suite('images of others');
const run = (imageName: string): object => ({
  do: 'run',
  imageName,
  replicaSetName: 'mine',
  gpuCount: 0,
  binds: [],
  env: [],
  containerPorts: [],
});

tenants('a saved disk is run by nobody, by whatever id or name it is asked for', () => {
  const s = new Scenario();
  const disk = { id: `sha256:${'a'.repeat(64)}`, env: [], savedDisk: true as const };
  for (const name of [disk.id, 'aaaaaaaaaaaa', 'lab/looks-harmless']) {
    const { code, message } = s.rejected(run(name) as never, goodFacts({ images: new Map([[name, disk]]) }));
    assert.is(code, 1004);
    assert.match(message, /saved system disk of a replicaSet/);
  }
  for (const name of ['docker.io/gpu-docker-api/disk:foo-1', 'index.docker.io/gpu-docker-api/disk:foo-1'])
    assert.match(s.rejected(run(name) as never).message, /saved system disk/, name);
  assert.match(
    s.rejected(run('aaa') as never, goodFacts({ images: new Map([['aaa', { ...disk, savedDisk: undefined }]]) as never })).message,
    /12 digits/,
  );
});

tenants('what the image is from is not written into the log', () => {
  const s = new Scenario();
  const image = { id: 'sha256:base', env: [], committedFrom: 'log/foo/uid' };
  const created = s.run(run('img') as never, undefined, goodFacts({ images: new Map([['img', image]]) }));
  const version = created.find(({ type }) => type === 'ContainerVersionCreated');
  assert.equal(version?.data, { ...version?.data, image: { id: 'sha256:base', env: [] } });
});

tenants('a commit moves only a tag whose image was committed from the same life of the same name', () => {
  const s = new Scenario();
  s.run(run('img') as never);
  const rs = s.state.replicaSets.get('mine');
  const held = (committedFrom?: string) =>
    goodFacts({ imageNames: new Map([['ubuntu:22.04', { id: 'sha256:theirs', env: [], ...(committedFrom && { committedFrom }) }]]) });
  const commit = { do: 'commit', name: 'mine', newImageName: 'ubuntu:22.04' } as const;
  const { code, kind, message } = s.rejected(commit, held());
  assert.equal([code, kind], [1015, 'conflict']);
  assert.match(message, /an image ubuntu:22.04 exists \(sha256:theirs\) that was not committed from mine/);
  const own = { log: s.state.logId, name: 'mine', uid: rs?.uid ?? '' };
  assert.is(s.rejected(commit, held(imageOrigin({ ...own, uid: 'a life before' }))).kind, 'conflict');
  assert.is(s.decide(commit, held(imageOrigin(own))).decision.kind, 'events');
  for (const name of ['docker.io/gpu-docker-api/disk:foo-1', 'index.docker.io/gpu-docker-api/disk'])
    assert.match(s.rejected({ ...commit, newImageName: name }).message, /saved system disks/, name);
});

tenants.run();
