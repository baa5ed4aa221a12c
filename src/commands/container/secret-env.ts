// Secret variables in decisions. Deciders see names and ciphertext, never a value: the values were sealed with the other facts.
import type { ContainerSpec, SealedVariable } from '../../events/shapes.ts';
import { type State, sealsSecrets } from '../../projections/state.ts';
import type { Facts } from '../decision.ts';
import { GPU_VARIABLES } from '../outside/engine.ts';
import { lostKeySentence, type SecretVariable } from '../outside/secrets.ts';
import { quoted } from '../request/quoted.ts';
import { looksSecret, nameOf } from '../request/secret-names.ts';

/** A variable and its value as Docker takes them. */
const ENTRY = /^[^=\0]+=[^\0]*$/;
const ofAllocator = (name: string): string =>
  `${name} is set by the allocator alone, because the NVIDIA runtime hands out devices by it: ask for GPUs with gpuCount`;

/** The reason why these variables cannot be asked for; null where they can. It never quotes a value: any of them may be secret. */
export function variablesProblem(env: readonly string[], secretEnv: readonly SecretVariable[] = []): string | null {
  for (const [i, entry] of env.entries()) {
    if (!ENTRY.test(entry)) return `env[${i}] is not of the form NAME=value`;
    if (GPU_VARIABLES.includes(nameOf(entry))) return `env ${ofAllocator(nameOf(entry))}`;
  }
  const plain = new Set(env.map(nameOf));
  const names = new Set<string>();
  for (const [i, { name, value }] of secretEnv.entries()) {
    if (name === '' || name.includes('\0') || value.reveal().includes('\0')) return `secretEnv[${i}] is not of the form NAME=value`;
    if (GPU_VARIABLES.includes(name)) return `secretEnv ${ofAllocator(name)}`;
    if (names.has(name) || plain.has(name)) return `the variable ${quoted(name)} is given twice`;
    names.add(name);
  }
  return null;
}

/** The reason why the log cannot hold them as they are; null where it can. */
export function levelProblem(state: State, secretEnv: readonly SecretVariable[] = [], env: readonly string[] = []): string | null {
  if (!sealsSecrets(state)) {
    if (secretEnv.length === 0) return null;
    return `the log is at level ${state.logLevel}, which has no secretEnv: raise it with gpu-docker-api log raise`;
  }
  // The door hides such values once the log can hold them hidden: it was raised while this request came in.
  return env.some((entry) => looksSecret(nameOf(entry))) ? 'the level of the log was raised meanwhile: send the request again' : null;
}

/** The variables as the facts have them sealed with the keys of that life; null where they were sealed for another one, or not yet. */
export function sealedFor(
  uid: string,
  asked: readonly SecretVariable[] | undefined,
  { sealed }: Pick<Facts, 'sealed'>,
): readonly SealedVariable[] | null {
  if (asked === undefined || asked.length === 0) return [];
  if (sealed?.uid !== uid || sealed.variables.length !== asked.length) return null;
  return sealed.variables;
}

/** The spec with these secret variables over those that it has: one with the name of another, plain or secret, takes its place. */
export function withSecrets(spec: ContainerSpec, given: readonly SealedVariable[]): ContainerSpec {
  if (given.length === 0) return spec;
  const names = new Set(given.map(({ name }) => name));
  const others = (spec.secretEnv ?? []).filter(({ name }) => !names.has(name));
  return { ...spec, env: spec.env.filter((entry) => !names.has(nameOf(entry))), secretEnv: [...others, ...given] };
}

/** The secret variables of a spec that a patch does not give anew: their key must be here before anything is stopped. */
export const carriedSecrets = (spec: ContainerSpec, asked: readonly SecretVariable[] = []): SealedVariable[] =>
  (spec.secretEnv ?? []).filter(({ name }) => asked.every((variable) => variable.name !== name));

/** Why a version with this spec cannot be made; null where it can, undefined where nobody has looked yet. What was just sealed can be opened. */
export function lostProblem(spec: ContainerSpec, { canOpen, sealed: fresh }: Pick<Facts, 'canOpen' | 'sealed'>): string | null | undefined {
  const carried = (spec.secretEnv ?? []).filter((variable) => fresh?.variables.includes(variable) !== true);
  if (carried.some(({ sealed }) => !canOpen.has(sealed))) return undefined;
  const lost = carried.filter(({ sealed }) => canOpen.get(sealed) === false);
  return lost.length === 0 ? null : lostKeySentence(lost.map(({ name }) => name));
}
