// Which names look secret, and what the door makes of a body.
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Secret } from '../../src/commands/outside/secrets.ts';
import { hideSecrets, holdsSecrets } from '../../src/commands/request/secret-body.ts';
import { looksSecret } from '../../src/commands/request/secret-names.ts';

const test = suite('secret names');

test('names that look secret', () => {
  const secret =
    'PASSWORD PGPASSWORD POSTGRES_PASSWORD db-password dbPassword MYSQL_PWD DB_PASS PASS SSH_PASSPHRASE HF_TOKEN GITHUBTOKEN ' +
    'TOKEN_OF_ANN hf.token CLIENT_SECRET SECRETS AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID OPENAI_API_KEY API_KEY_2 apiKey KEY SIGNING_KEY ' +
    'API_KEYS GOOGLE_APPLICATION_CREDENTIALS CREDENTIAL WANDB_API_KEY _TOKEN_';
  for (const name of [...secret.split(' '), 'MY PASSWORD ']) assert.ok(looksSecret(name), name);
  const plain = 'USER PATH PWD OLDPWD MAX_TOKENS TOKENIZERS_PARALLELISM KEYBOARD MONKEY COMPASS SECRETARY BYPASS KEY_COUNT PASSAGE LANG';
  for (const name of plain.split(' ')) assert.not.ok(looksSecret(name), name);
});

test('a secret shows itself nowhere but where it is asked for', () => {
  const secret = new Secret('hunter2');
  const texts = [
    JSON.stringify({ secret }),
    String(secret),
    `${secret}`,
    inspect({ secret }, { showHidden: true }),
    JSON.stringify([secret]),
  ];
  for (const text of texts) assert.not.match(text, /hunter2/);
  assert.is(secret.reveal(), 'hunter2');
});

test('the door takes values out of env where the log can hold them hidden, the last of two with one name', () => {
  const body = { env: ['A=1', 'TOKEN=a', 'TOKEN=b=c'], secretEnv: ['X=y'] };
  const { env, secretEnv } = hideSecrets(body, true);
  assert.equal(env, ['A=1']);
  assert.equal(
    secretEnv?.map(({ name, value }) => [name, value.reveal()]),
    [
      ['X', 'y'],
      ['TOKEN', 'b=c'],
    ],
  );
  assert.equal(hideSecrets({ env: body.env }, false), { env: body.env });
  assert.equal(hideSecrets({ env: ['A=1'] }, true), { env: ['A=1'] });
});

test('a body that may hold a secret is known before it is validated', () => {
  for (const body of [{ secretEnv: 'A=b' }, { SecretEnv: {} }, { env: ['TOKEN=a'] }]) assert.ok(holdsSecrets(body, true));
  for (const body of [undefined, null, 'x', [], {}, { env: ['A=1', 3] }, { env: 'TOKEN=1' }]) assert.not.ok(holdsSecrets(body, true));
  assert.not.ok(holdsSecrets({ env: ['TOKEN=a'] }, false));
});

test.run();
