// The first word with etcd: who does not answer is named, once for each reason, and by its address.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EtcdStatus, EtcdUnavailableError } from '../../../src/infra/etcd/kv.ts';
import { untilEtcdAnswers } from '../../../src/infra/runtime/lead/etcd-answers.ts';
import { realClock } from '../../support/core.ts';

const test = suite('the first answer of etcd');

const STATUS: EtcdStatus = { version: '3.5.16', revision: '1', dbSize: 0, dbSizeInUse: 0 };

/** What is said and logged until the answers, one for each question, are used up; the last one is given again. */
async function said(...answers: readonly (() => Promise<EtcdStatus>)[]): Promise<{ reasons: string[]; logged: string[]; error?: string }> {
  const [reasons, logged]: [string[], string[]] = [[], []];
  const log = (_: object, text: string): void => void logged.push(text);
  const logger = { debug: log, info: log, warn: log, error: log };
  let asked = 0;
  const status = (): Promise<EtcdStatus> => (answers[Math.min(asked++, answers.length - 1)] ?? (async () => STATUS))();
  const signal = new AbortController().signal;
  const deps = { kv: { status }, clock: realClock, logger, signal, etcd: 'etcd at http://10.0.0.7:2379' };
  const error = await untilEtcdAnswers({ ...deps, waitFor: (reason) => void reasons.push(reason) }).then(
    () => undefined,
    (thrown: unknown) => String(thrown),
  );
  return { reasons, logged, ...(error !== undefined && { error }) };
}

const fails = (message: string) => async (): Promise<EtcdStatus> => {
  throw new EtcdUnavailableError(message);
};
const GRPC = '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 10.0.0.7:2379. Resolution note: ';

test('an address that refuses is named once, by the system’s own word', async () => {
  const { reasons, logged } = await said(fails(GRPC), fails(GRPC), async () => STATUS);
  assert.equal(reasons, ['etcd at http://10.0.0.7:2379 cannot be reached (ECONNREFUSED); trying again']);
  assert.equal(logged, [...reasons, 'etcd at http://10.0.0.7:2379 answers']);
});

test('one that swallows what it is sent is named within a second, before the call has failed', async () => {
  const late = async (): Promise<EtcdStatus> => {
    await realClock.sleep(1_000, undefined);
    throw new EtcdUnavailableError('4 DEADLINE_EXCEEDED: Deadline exceeded after 3.000s');
  };
  const { reasons } = await said(late, async () => STATUS);
  assert.equal(reasons, ['etcd at http://10.0.0.7:2379 does not answer; trying again'], 'and once');
});

test('an answer at once says nothing; a release that loses writes ends it', async () => {
  assert.equal(await said(async () => STATUS), { reasons: [], logged: [] });
  const { error } = await said(async () => ({ ...STATUS, version: '3.5.3' }));
  assert.match(error ?? '', /etcd 3\.5\.3 can lose writes/);
});

test.run();
