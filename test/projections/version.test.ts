// The version of the projections changes with their code, and with nothing else.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { indexVersion, projectionVersion, versionOf } from '../../scripts/projection-version.ts';
import { INDEX_VERSION } from '../../src/infra/past/parts/version.ts';
import { PROJECTION_VERSION } from '../../src/projections/version.ts';

const test = suite('projection version');

const version = (text: string, name = 'apply.ts'): string => versionOf([{ name, text }]);
const CODE = "const limits = { most: 3, name: 'a b' };\nexport const f = (x: number) => limits.most + x;\n";

test('after a change of the projections, run scripts/projection-version.ts --write', () => {
  assert.is(PROJECTION_VERSION, projectionVersion());
});

test('after a change of the index, too', () => {
  assert.is(INDEX_VERSION, indexVersion());
});

test('comments, layout and trailing commas do not count', () => {
  for (const same of [
    `// A comment with 'a quote'.\n${CODE}`,
    CODE.replace('most: 3', 'most: /* three */ 3'),
    CODE.replace('{ most: 3, ', '{\n  most: 3,\n  ').replace("'a b' }", "'a b',\n}"),
    CODE.replaceAll('\n', '\n\n'),
  ])
    assert.is(version(same), version(CODE), same);
});

test('code, strings and the names of files count', () => {
  for (const other of [
    CODE.replace('most: 3', 'most: 4'),
    CODE.replace("'a b'", "'ab'"),
    CODE.replace("'a b'", "'a  b'"),
    CODE.replace("'a b'", "'// a b'"),
    CODE.replace("name: 'a b'", ''),
    `${CODE}export const g = f;\n`,
  ])
    assert.is.not(version(other), version(CODE), other);
  assert.is.not(version(CODE, 'state.ts'), version(CODE));
});

test.run();
