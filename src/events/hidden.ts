// Events as they are shown: without the ciphertext of secret variables. It stands in the log for good, and readers have no use for it.
import type { Envelope } from './envelope.ts';

/** Stands for a secret value wherever one would be shown. */
export const HIDDEN = '***';

const isVariable = (value: unknown): value is object => typeof value === 'object' && value !== null && 'sealed' in value;

/** The same value with `***` for the ciphertext of each entry of a `secretEnv` in it. */
export function withoutSealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      field === 'secretEnv' && Array.isArray(inner)
        ? inner.map((variable: unknown) => (isVariable(variable) ? { ...variable, sealed: HIDDEN } : variable))
        : withoutSealed(inner),
    ]),
  );
}

const WITH_SPEC: ReadonlySet<string> = new Set(['ContainerVersionCreated', 'ContainerAdopted', 'VersionAdopted']);

/** Its hash is still that of what stands in the log. */
export const shownEvent = (event: Envelope): Envelope =>
  WITH_SPEC.has(event.type) ? { ...event, data: withoutSealed(event.data) } : event;
