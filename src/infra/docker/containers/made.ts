// A label on each container, and on the saved disk of its version: what it was made as, as far as the engine does not tell it. A log that was put back to
// an earlier moment takes the container back by it. No environment is in it: that stays where the engine has it.
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Type, { type Static } from 'typebox';
import type { CreateContainer } from '../../../commands/outside/engine.ts';
import { OWN_SCHEMA } from '../../../events/evolution/own-schema.ts';
import { Bind, GpuUuid, PortMapping, Version } from '../../../events/shapes.ts';
import { LABEL, type Labels } from '../connection/labels.ts';

export const Made = Type.Object({
  imageName: Type.String(),
  reason: Type.Union([Type.Literal('run'), Type.Literal('patch'), Type.Literal('rollback'), Type.Literal('restart')]),
  diskOf: Type.Optional(Version),
  owner: Type.Optional(Type.String()),
  /** The id of the base image. */
  base: Type.String(),
  gpus: Type.Array(GpuUuid),
  ports: Type.Array(PortMapping),
  binds: Type.Array(Bind),
  cmd: Type.Optional(Type.Array(Type.String())),
  stopTimeout: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type Made = Static<typeof Made>;

/** Characters: a list of all containers brings all their labels along. What is longer is left out, and read from the engine as far as that has it. */
const LONGEST = 16_384;

let validate: ValidateFunction<Made> | undefined;

/** '' where nothing was said of it, or too much. */
export function madeText({ madeAs, base, gpus, ports, spec }: CreateContainer): string {
  if (madeAs === undefined) return '';
  const { cmd, stopTimeout } = spec;
  const binds = spec.binds.map(({ src, dest, volume, resolved }) => ({
    src,
    dest,
    ...(volume !== undefined && { volume }),
    ...(resolved !== undefined && { resolved }),
  }));
  const given = { ...(cmd !== undefined && { cmd: [...cmd] }), ...(stopTimeout !== undefined && { stopTimeout }) };
  const made: Made = { ...madeAs, base: base.id, gpus: [...gpus], ports: ports.map((p) => ({ ...p })), binds, ...given };
  // An import expands variables in labels.
  const text = JSON.stringify(made).replaceAll('$', '\\u0024');
  return text.length > LONGEST ? '' : text;
}

/** Null where there is none, or one that is not of this shape. */
export function madeOf(labels: Labels | null | undefined): Made | null {
  validate ??= new Ajv2020(OWN_SCHEMA).compile<Made>(Made);
  try {
    const made: unknown = JSON.parse(labels?.[LABEL.made] || 'null');
    return validate(made) ? made : null;
  } catch {
    return null;
  }
}
