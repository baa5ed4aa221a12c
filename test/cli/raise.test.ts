// `log raise` and POST /api/v1/log/level, against a server on a log that an earlier release created.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RELEASE } from '../../src/events/evolution/release.ts';
import { type Live, startLive } from '../http/live.ts';
import { HOST } from '../support/scenario.ts';
import { hostStarted, logCreated, sealAll, storeOf } from '../support/stored-log.ts';
import { json, run } from './support.ts';

const test = suite('log raise');

let live: Live;
test.before(async () => {
  live = await startLive(1, await storeOf(sealAll([logCreated, hostStarted(HOST, '0.1.0'), hostStarted('old-box', '0.1.0')])));
  process.env['GPU_DOCKER_API_SERVER'] = live.url;
});
test.after(async () => {
  delete process.env['GPU_DOCKER_API_SERVER'];
  await live.stop();
});

const level = (): number => live.core.core.state().logLevel;
const post = async (body: unknown, query = ''): Promise<{ readonly code: number; readonly msg: string; readonly data: unknown }> => {
  const answer = await fetch(`${live.url}/api/v1/log/level${query}`, { method: 'POST', body: JSON.stringify(body) });
  return (await answer.json()) as { code: number; msg: string; data: unknown };
};

test('GET says what there is', async () => {
  const { body } = await live.get('/api/v1/log/level');
  assert.equal(body.data, {
    level: 1,
    writes: 2,
    hosts: [
      { name: HOST, reads: 2 },
      { name: 'old-box', reads: 1 },
    ],
  });
});

test('refused while a host of an older release may come back', async () => {
  const ran = await run('log', 'raise');
  assert.is(ran.code, 1);
  assert.match(ran.err, /the server of old-box \(reads level 1\) last started as a release that cannot read level 2/);
  assert.is((await post({ level: 9 })).code, 1036);
  assert.match((await post({ level: 0 })).msg, /level must be at least 1/);
  assert.is((await run('log', 'raise', '--to', 'two')).code, 2);
  assert.is(level(), 1);
});

test('a dry run says what would be done, and does it not', async () => {
  const ran = await run('log', 'raise', '--except', 'old-box', '--dry-run');
  assert.is(ran.out, 'The log would be raised from level 1 to level 2.\n');
  const planned = await post({ except: ['old-box'] }, '?dryRun=true');
  const data = { level: 2, release: RELEASE, except: ['old-box'] };
  assert.equal(planned.data, { stream: 'log', etag: null, events: [{ type: 'LogLevelRaised', stream: 'log', data }], steps: [] });
  assert.is(level(), 1);
});

test('raised once, with who did it; again it is so already', async () => {
  const ran = await run('log', 'raise', '--except', 'old-box', '--actor', 'ann');
  assert.is(ran.out, 'The log was raised from level 1 to level 2.\n');
  assert.is(level(), 2);
  const event = (await live.events()).at(-1);
  assert.is(event?.type, 'LogLevelRaised');
  assert.equal([event?.command.name, event?.command.actor], ['raiseLogLevel', 'ann']);
  const before = live.core.core.state().head.seq;
  assert.equal(json((await run('log', 'raise', '--json')).out), { before: 2, level: 2 });
  assert.equal((await post({})).data, { level: 2 });
  assert.is((await run('log', 'raise')).out, 'The log is at level 2 already.\n');
  assert.is(live.core.core.state().head.seq, before);
});

test.run();
