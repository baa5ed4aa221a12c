// Says whether an answer is one that the API's document describes. Each answer that the tests' clients get is checked here.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { documentedRoutes } from '../../src/http/app.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object has the properties that its schema names and no others, unless it says so. */
const strictly = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
    isObject(value) && isObject(value['properties']) && value['type'] === 'object' && !('additionalProperties' in value)
      ? { ...value, additionalProperties: false }
      : value,
  );

const document = strictly(openApiDocument('1')) as Json;
const ajv = new Ajv2020({ strict: false, validateFormats: false, discriminator: true });
ajv.addSchema({ $id: 'api', ...document });

const escaped = (key: string): string => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

const validators = new Map<string, ValidateFunction>();
function validatorAt(keys: readonly string[]): ValidateFunction {
  const pointer = keys.map(escaped).join('/');
  const before = validators.get(pointer);
  if (before !== undefined) return before;
  const made = ajv.compile({ $ref: `api#/${pointer}` });
  validators.set(pointer, made);
  return made;
}

const textOf = ({ instancePath, message = '', params }: ErrorObject): string =>
  `${instancePath === '' ? 'the answer' : instancePath} ${message} ${JSON.stringify(params)}`;

/** The problems of a value that should be as the schema at these keys of the document says; null where it is. */
export function problemsAt(keys: readonly string[], value: unknown): string | null {
  const validate = validatorAt(keys);
  return validate(value) ? null : (validate.errors ?? []).map(textOf).join('\n');
}

const valueAt = (keys: readonly string[]): unknown => {
  let value: unknown = document;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return value;
};

const patterns = documentedRoutes.map(({ method, path }) => ({
  method,
  path: path.replaceAll(/:(\w+)/g, '{$1}'),
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
}));

/** A path without parameters comes before one that has them. */
function operationAt(method: string, path: string): readonly string[] | null {
  const found = patterns.filter((route) => route.method === method && route.pattern.test(path));
  const best = found.find((route) => !route.path.includes('{')) ?? found[0];
  return best === undefined ? null : ['paths', best.path, best.method.toLowerCase()];
}

export interface Answered {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly status: number;
  readonly type: string | undefined;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
}

/** Why the document does not describe the answer; null where it does. */
export function undescribed({ method, target, status, type, body }: Answered): string | null {
  if (method === 'HEAD' || method === 'OPTIONS') return null;
  const operation = operationAt(method, target.split('?')[0] ?? '');
  const isFailure = status >= 400 || (isObject(body) && body['code'] !== 200 && status === 200 && 'msg' in body);
  const media = (type ?? '').split(';')[0]?.trim() ?? '';
  if (operation === null || (isFailure && status === 200)) {
    if (!isFailure) return `${status} where there is no operation`;
    return problemsAt(['components', 'schemas', media === 'application/problem+json' ? 'Problem' : 'Failed'], body);
  }
  const here = [...operation, 'responses', String(status)];
  const response = valueAt(here);
  if (!isObject(response)) return `the status ${status} is not described`;
  const ref = response['$ref'];
  const keys = typeof ref === 'string' ? ref.split('/').slice(1) : here;
  const contents = valueAt([...keys, 'content']);
  if (contents === undefined) return body === '' || body === null ? null : `${status} has a body`;
  if (!isObject(contents) || !(media in contents)) return `the content type ${media} is not described`;
  return /\bjson$/.test(media) ? problemsAt([...keys, 'content', media, 'schema'], body) : null;
}

/** Throws an Error that says what the document lacks. */
export function mustBeDescribed(answer: Answered): void {
  const problem = undescribed(answer);
  if (problem === null) return;
  const text = JSON.stringify(answer.body) ?? '';
  throw new Error(
    `${answer.method} ${answer.target}: the API's document does not describe this answer: ${problem}\n${text.slice(0, 2_000)}`,
  );
}
