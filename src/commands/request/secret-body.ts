// The secret values of a request's body, taken out of it before it becomes a command: nothing behind the door holds one as text.
import { Secret, type SecretVariable } from '../outside/secrets.ts';
import { looksSecret, nameOf } from './secret-names.ts';

interface WithVariables {
  readonly env?: readonly string[];
  readonly secretEnv?: readonly string[];
}

type Hidden<B extends WithVariables> = Omit<B, 'secretEnv'> & { readonly secretEnv?: readonly SecretVariable[] };

const variableOf = (entry: string): SecretVariable => {
  const name = nameOf(entry);
  return { name, value: new Secret(entry.slice(name.length + 1)) };
};

/**
 * The body with each value of `secretEnv` as a Secret. `seals`: entries of `env` whose names look secret go there, too; of two with one name the
 * later one, as in Docker. An entry that is not of the form NAME=value gives a variable without a name, which the decider refuses.
 */
export function hideSecrets<B extends WithVariables>({ secretEnv, ...body }: B, seals: boolean): Hidden<B> {
  const asked = (secretEnv ?? []).map(variableOf);
  const isHidden = (entry: string): boolean => seals && looksSecret(nameOf(entry));
  const found = new Map((body.env ?? []).filter(isHidden).map((entry) => [nameOf(entry), variableOf(entry)]));
  const variables = [...asked, ...found.values()];
  const env = body.env?.filter((entry) => !isHidden(entry));
  return { ...body, ...(env !== undefined && { env }), ...(variables.length > 0 && { secretEnv: variables }) };
}

/** Whether a body as it came, which nothing has validated, may hold a secret value. */
export function holdsSecrets(body: unknown, seals: boolean): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return Object.entries(body).some(([field, value]) => {
    const name = field.toLowerCase();
    if (name === 'secretenv') return true;
    return (
      seals && name === 'env' && Array.isArray(value) && value.some((entry) => typeof entry === 'string' && looksSecret(nameOf(entry)))
    );
  });
}
