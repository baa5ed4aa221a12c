// Generated secrets in generated requests, right and wrong ones: whatever is recorded, answered, logged or written to a file, no value is in it.
import { inspect } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventDetails, eventText } from '../../src/cli/output/event-text.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import type { Logger } from '../../src/commands/outside/logger.ts';
import { apiRoutes, createApp } from '../../src/http/app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { healthRoutes } from '../../src/http/routes/health.ts';
import { stateLines } from '../../src/infra/log/snapshots/state-lines.ts';
import { run } from '../cli/support.ts';
import { MemoryLog } from '../doubles/memory-log.ts';
import { auditOf } from '../support/audit.ts';
import { type CoreOptions, TestCore } from '../support/core.ts';
import { putBack } from '../support/put-back.ts';

const test = suite('secrets hidden');
const RS = '/api/v1/replicaSet';
const NAMES = ['foo', 'bar'];

/** All that the service has said, by where. */
class Said {
  readonly texts: [string, string][] = [];

  add(where: string, text: string): void {
    this.texts.push([where, text]);
  }

  readonly logger: Logger = (() => {
    const line = (fields: object, message: string): void =>
      this.add('log line', `${message} ${JSON.stringify(fields)} ${inspect(fields, { depth: 8, showHidden: true })}`);
    return { debug: line, info: line, warn: line, error: line };
  })();
}

/** Letters that no hexadecimal text has. */
const LETTERS = 'ghjkmnpqrstvwxyz';
const core = fc.array(fc.constantFrom(...LETTERS), { minLength: 16, maxLength: 16 }).map((letters) => letters.join(''));

/** A value with a part that stands nowhere else, among characters that texts escape. */
const secret = fc
  .tuple(core, fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('', ' ', '"', '\\', '\n', 'é', '=', '\u{1F680}'))
  .map(([part, text, odd]) => `${odd}${part}${odd}${text.replaceAll('\0', '')}`);

/** Pieces of the part that no escape changes, and the forms of the whole. Base64 in each of its three alignments. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const part = /[g-z]{16}/.exec(value)?.[0] ?? value;
  const pieces = [0, 5, 10].map((at) => part.slice(at, at + 6));
  return [...pieces, Buffer.from(part).toString('hex'), encodeURIComponent(value), ...aligned].filter(({ length }) => length >= 6);
}

interface Act {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly key?: string;
}

const json = (method: string, path: string, body: unknown): Act => ({ method, path, body: JSON.stringify(body) });

/** A request with the value in it, as a client writes it, or gets it wrong. */
const act = (value: string): fc.Arbitrary<Act> => {
  const name = fc.constantFrom(...NAMES);
  const body = fc.constantFrom<unknown>(
    { secretEnv: [`ANY=${value}`] },
    { env: [`MY_TOKEN=${value}`, 'PLAIN=1'] },
    { env: [`A_KEY=old`, `A_KEY=${value}`], secretEnv: [`B=${value}`] },
    { secretEnv: [value.replaceAll('=', '')] },
    { secretEnv: `ANY=${value}` },
    { secretEnv: { ANY: value } },
    { secretEnv: [`ANY=${value}`, `ANY=${value}2`] },
    { secretEnv: [`ANY=${value}\0`] },
    { secretEnv: [{ ANY: value }] },
    { secretenv: [`ANY=${value}`] },
    { env: [`MY PASSWORD ${value.replaceAll('=', '')}`] },
    { env: [`MY PASSWORD =${value}`] },
    { env: `MY_TOKEN=${value}` },
    { secretEnv: [`ANY=${value}`], imageName: 'missing' },
    { secretEnv: [`ANY=${value}`], gpuCount: 99 },
  );
  const run = fc
    .tuple(name, body)
    .map(([replicaSetName, more]) => json('POST', RS, { imageName: 'img', replicaSetName, ...(more as object) }));
  const patch = fc
    .tuple(name, body)
    .map(([one, more]) => json('PATCH', `${RS}/${one}`, { secretEnv: (more as { secretEnv?: unknown }).secretEnv }));
  const plan = fc.oneof(run, patch).map((one) => ({ ...one, path: `${one.path}?dryRun=true` }));
  const broken = fc.oneof(
    run.map((one) => ({ ...one, body: JSON.stringify(one.body) })),
    fc.tuple(run, fc.nat({ max: 60 })).map(([one, cut]) => ({ ...one, body: one.body.slice(0, -cut) })),
    fc.constant({ method: 'POST', path: RS, body: `{"env":[${value}]}` }),
  );
  const order = fc
    .tuple(name, fc.constantFrom('restart', 'stop', 'pause', 'continue', 'rollback', 'commit', 'DELETE'))
    .map(([one, verb]) => {
      if (verb === 'DELETE') return { method: 'DELETE', path: `${RS}/${one}`, body: '' };
      if (verb === 'commit') return json('POST', `${RS}/${one}/commit`, { newImageName: `user/${one}` });
      return json('PATCH', `${RS}/${one}/${verb}`, verb === 'rollback' ? { version: 1 } : {});
    });
  const keyed = fc.tuple(fc.oneof(run, patch), fc.constantFrom('k1', 'k2')).map(([one, key]) => ({ ...one, key }));
  return fc.oneof({ weight: 3, arbitrary: run }, { weight: 3, arbitrary: patch }, plan, broken, { weight: 3, arbitrary: order }, keyed);
};

/** The last: where in the log it is put back to, percent; null: it is not. */
const scene = secret.chain((value) =>
  fc.tuple(fc.constant(value), fc.array(act(value), { minLength: 4, maxLength: 12 }), fc.boolean(), fc.option(fc.nat({ max: 99 }))),
);

async function follow(url: string, said: Said, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/api/v1/events?since=1`, { headers: { Accept: 'text/event-stream' }, signal });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true });
  } catch {
    // Ended by the signal.
  }
  said.add('event stream', text);
}

interface Playing {
  readonly t: TestCore;
  readonly server: Listening;
  readonly said: Said;
  stop(): Promise<void>;
}

async function play(fails: boolean): Promise<Playing> {
  const said = new Said();
  const t = new TestCore({ gpus: 2, logger: said.logger });
  failing(t, fails);
  return serving(t, said);
}

function failing(t: TestCore, fails: boolean): void {
  // A Docker that quotes the whole environment when it refuses.
  let creates = 0;
  if (fails)
    t.engine.after = async (call) => {
      if (call !== 'createContainer' || ++creates % 2 === 0) return;
      const env = [...t.engine.host.containers.values()].flatMap((container) => container.env);
      throw new EngineError('refused', `no such thing: ${env.join(' ')}`);
    };
}

/** The log is put back to an earlier moment, and everything that Docker has is taken back. */
async function restored({ t, said, stop }: Playing, percent: number): Promise<Playing> {
  await stop();
  const store = await putBack(t.store, 1 + Math.floor((t.core.state().head.seq * percent) / 100));
  const options: CoreOptions = { gpus: 2, logger: said.logger, engine: t.engine, secretKeys: t.secretKeys, store };
  return serving(new TestCore(options), said);
}

const RESTORED: readonly Act[] = NAMES.flatMap((name) => [
  { method: 'POST', path: `${RS}/${name}/adopt?dryRun=true`, body: '{}' },
  { method: 'POST', path: `${RS}/${name}/adopt`, body: '{}' },
]);

async function serving(t: TestCore, said: Said): Promise<Playing> {
  const audit = auditOf(t.committer, t.store, { whole: t.feed, auditRejections: true, logger: said.logger });
  await t.start();
  const options = { maxBody: 64 * 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: 'box' };
  const app = createApp({
    service: audit.over(t.core),
    past: t.past,
    observed: audit,
    options,
    logger: said.logger,
    now: () => performance.now(),
  });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  const stop = async (): Promise<void> => {
    audit.stop();
    await server.stop(0);
    t.die();
  };
  return { t, server, said, stop };
}

/** Every path that is read, of which a later route is one by itself; as JSON, as a table where there is one, and as a problem where it is refused. */
const VIEWS = [...apiRoutes, ...healthRoutes]
  .filter(({ method }) => method === 'GET')
  .map(({ path }) => path.replace(':name', 'foo').replace(':uuid', 'GPU-0').replace(/:\w+/g, '3'));
const ACCEPTED = ['application/json', 'text/csv', 'application/problem+json'];
const MORE = [
  '/api/v1/events?limit=1000',
  '/api/v1/events?format=jsonl&limit=1000',
  `${RS}/foo?at=5`,
  `${RS}/foo/history?at=5`,
  `${RS}/%67one`,
];

/** What the command line prints: the views of the server, and each event in a line and in full. */
async function printed(t: TestCore, url: string): Promise<string[]> {
  const texts: string[] = [];
  for (const command of [['ps'], ['history', 'foo'], ['gpus'], ['ports'], ['ledger'], ['keys', 'list'], ['hosts', 'list']]) {
    const { out, err } = await run(...command, '--server', url);
    texts.push(out, err);
  }
  for await (const events of new MemoryLog({ store: t.store }).read(1))
    for (const event of events) texts.push(eventText(event, false), eventDetails(event, false));
  return texts;
}

async function lookEverywhere({ t, server, said }: Playing): Promise<void> {
  for (const path of [...VIEWS, ...MORE])
    for (const accept of ACCEPTED) said.add(path, await (await fetch(`${server.url}${path}`, { headers: { accept } })).text());
  for (const { text } of t.store.records) said.add('the log', text);
  for (const line of await printed(t, server.url)) said.add('the command line', line);
  for (const line of stateLines(t.core.state())) said.add('snapshot', line);
  // All values of the fake Docker but the environment of containers, which is what they are for.
  for (const image of t.engine.host.images.values()) said.add('image', inspect(image, { depth: 6 }));
  for (const call of t.core.operations()) said.add('operation', JSON.stringify(call));
}

test('no generated secret is anywhere but in its container', async () => {
  let seenInContainer = 0;
  let adopted = 0;
  await fc.assert(
    fc.asyncProperty(scene, async ([value, acts, fails, percent]) => {
      let playing = await play(fails);
      const { said } = playing;
      const over = new AbortController();
      const following = follow(playing.server.url, said, over.signal);
      try {
        const ask = async ({ method, path, body, key }: Act): Promise<void> => {
          // A refusal has two forms.
          const headers = {
            ...(key !== undefined && { 'Idempotency-Key': key }),
            Accept: ACCEPTED[said.texts.length % 2 === 0 ? 0 : 2] ?? '',
          };
          const answer = await fetch(`${playing.server.url}${path}`, { method, headers, ...(body !== '' && { body }) });
          const text = await answer.text();
          // Before a restored log is settled most orders are refused so.
          assert.ok(
            answer.status < 500 || (percent !== null && answer.status === 503),
            `${method} ${path} ${body}: ${answer.status} ${text}`,
          );
          if (answer.ok && /\/adopt$/.test(path) && !/"version":0/.test(text)) adopted++;
          said.add(`answer to ${method} ${path} ${body}`, text);
        };
        for (const one of acts) await ask(one);
        await playing.t.settled();
        await lookEverywhere(playing);
        if (percent !== null) {
          playing = await restored(playing, percent);
          for (const one of [...RESTORED, ...acts]) await ask(one);
          await lookEverywhere(playing);
        }
        const { t } = playing;
        if ([...t.engine.host.containers.values()].some(({ env }) => env.some((entry) => entry.includes(value)))) seenInContainer++;
        over.abort();
        await following;
        const forms = formsOf(value);
        for (const [where, text] of said.texts)
          for (const form of forms) assert.not.ok(text.includes(form), `${where} holds ${JSON.stringify(form)}: ${text.slice(0, 400)}`);
        // Of each life that ended, no key is left.
        if (percent !== null) return;
        const alive = [...t.core.state().replicaSets.values()].map(({ uid }) => uid);
        for (let tries = 0; tries < 100 && [...t.secretKeys.keys.keys()].some((uid) => !alive.includes(uid)); tries++)
          await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(
          [...t.secretKeys.keys.keys()].filter((uid) => !alive.includes(uid)),
          [],
        );
      } finally {
        over.abort();
        await playing.stop();
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
  assert.ok(adopted > 2, `only ${adopted} adoptions: the test would see nothing`);
  assert.ok(seenInContainer > 5, `only ${seenInContainer} scenes ended with a secret in a container: the test would see nothing`);
});

test.run();
