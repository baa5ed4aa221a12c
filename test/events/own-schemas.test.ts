// The schemas that the program compiles unchecked (src/events/evolution/own-schema.ts) are schemas.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../src/commands/command.ts';
import { catalogue } from '../../src/events/catalogue.ts';
import { OWN_SCHEMA } from '../../src/events/evolution/own-schema.ts';
import { apiRoutes } from '../../src/http/app.ts';
import { Made } from '../../src/infra/docker/containers/made.ts';

const test = suite('own schemas');

test('each is valid by the schema of schemas, and refuses the same without that', () => {
  const bodies = apiRoutes.flatMap(({ path, body }) => (body === undefined ? [] : [[path, body] as const]));
  const schemas = [
    ...Object.entries(catalogue),
    ...Object.entries(commands).map(([name, { schema }]) => [name, schema] as const),
    ...bodies,
  ];
  assert.ok(schemas.length > 60);
  for (const [name, schema] of [...schemas, ['label', Made] as const]) {
    const checked = new Ajv2020({ strict: true });
    assert.ok(checked.validateSchema(schema), `${name}: ${checked.errorsText()}`);
    const ours = new Ajv2020(OWN_SCHEMA).compile(schema);
    const theirs = checked.compile(schema);
    for (const value of [{}, null, 7, { name: 7 }, { unknown: true }]) assert.is(ours(value), theirs(value), name);
  }
});

test.run();
