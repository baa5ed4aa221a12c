// Carries out steps: each one is one call of the engine, and its result.

import type { ContainerEngine, StartResult, Step, StepOf, StepResult } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { lastLines, maskOf, quotedEnd } from '../../../commands/outside/output.ts';
import type { OnProgress } from '../../../commands/outside/progress.ts';
import { type OpenedSecrets, SecretKeyError, type SecretKeys } from '../../../commands/outside/secrets.ts';
import type { Bind, SealedVariable } from '../../../events/shapes.ts';

/** Why a container of that name with these binds of host paths must not be started at this moment; where they lead when it may. */
export type LookAtBinds = (
  binds: readonly Bind[],
  name: string,
) => Promise<{ readonly problem: string } | { readonly paths: readonly string[] }>;

/** Throws when the term that the step began in is over: of a step that is two calls, the second must not be made then. */
export type MayGoOn = () => void;

/**
 * Throws only EngineError('unavailable'), for a step that is to be tried again, and what `mayGoOn` throws. `look`: asked right before a start.
 * `secretKeys`: without them a container with secret variables cannot be created.
 */
export async function perform(
  step: Step,
  engine: ContainerEngine,
  look: LookAtBinds,
  mayGoOn: MayGoOn = () => {},
  secretKeys: Pick<SecretKeys, 'open'> = NO_KEYS,
  onProgress: OnProgress = () => {},
): Promise<StepResult> {
  try {
    return await call(step, engine, look, mayGoOn, secretKeys, onProgress);
  } catch (error) {
    if (error instanceof SecretKeyError) return { ok: false, do: step.do, error: { kind: 'refused', message: error.message } };
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'unavailable') throw error;
    // A container that Docker cannot remove now (a busy mount) still has to go: try again.
    if (step.do === 'removeContainer' && error.kind !== 'conflict') throw new EngineError('unavailable', error.message, { cause: error });
    return { ok: false, do: step.do, error: { kind: error.kind, message: error.message } };
  }
}

async function start(
  { container, settleMs, hostBinds = [] }: StepOf<'startContainer'>,
  engine: ContainerEngine,
  look: LookAtBinds,
): Promise<StartResult> {
  if (hostBinds.length === 0) return engine.startContainer(container, settleMs);
  const seen = await look(hostBinds, container.owner.name);
  if ('paths' in seen) return engine.startContainer(container, settleMs, seen.paths);
  // An earlier try, whose answer was lost, may have started it.
  await engine.stopContainer(container, 0);
  return { started: false, why: 'failed', message: seen.problem };
}

/** With what the container said before it ended at once. What is recorded and shown has no secret value in it. */
async function withOutput(
  start: StartResult,
  { container, secretEnv = [] }: StepOf<'startContainer'>,
  engine: ContainerEngine,
  secretKeys: Pick<SecretKeys, 'open'>,
): Promise<StartResult> {
  if (start.started || start.why !== 'failed' || start.exitCode === undefined) return start;
  const mask = await maskFor(container.owner.uid, secretEnv, secretKeys);
  if (mask === null) return { ...start, message: `${start.message}; ${NOT_QUOTED}` };
  const output = lastLines(await engine.lastOutput(container).catch(() => ''), mask);
  const message = mask(start.message);
  if (output.length === 0) return { ...start, message };
  return { ...start, message: `${message}; its last output: ${quotedEnd(output)}`, output };
}

const NOT_QUOTED = 'its output is not shown, as a secret variable cannot be told from the rest of it';

/** Null where the values are not known here, or one is too short to be found. */
async function maskFor(uid: string, secretEnv: readonly SealedVariable[], secretKeys: Pick<SecretKeys, 'open'>) {
  try {
    // One by one: two versions may have a variable of the same name.
    const opened = await Promise.all(secretEnv.map((variable) => secretKeys.open(uid, [variable])));
    return maskOf(opened.flatMap((secrets) => [...secrets.values()]));
  } catch (error) {
    if (error instanceof SecretKeyError) return null;
    throw error;
  }
}

const NO_KEYS: Pick<SecretKeys, 'open'> = {
  open: async (_, variables) => {
    throw new SecretKeyError(variables.map(({ name }) => name));
  },
};

/** The engine's error without the values that it may quote. */
function withoutValues(error: unknown, secrets: OpenedSecrets): unknown {
  if (!(error instanceof EngineError)) return error;
  const mask = maskOf(secrets.values());
  const message =
    mask === null
      ? 'Docker refused it; its reason is not shown, as a secret variable cannot be told from the rest of it'
      : mask(error.message);
  return message === error.message ? error : new EngineError(error.kind, message);
}

async function create({ request }: StepOf<'createContainer'>, engine: ContainerEngine, secretKeys: Pick<SecretKeys, 'open'>) {
  const { secretEnv } = request.spec;
  if (secretEnv === undefined) return engine.createContainer(request);
  const secrets = await secretKeys.open(request.owner.uid, secretEnv);
  try {
    return await engine.createContainer(request, secrets);
  } catch (error) {
    throw withoutValues(error, secrets);
  }
}

async function call(
  step: Step,
  engine: ContainerEngine,
  look: LookAtBinds,
  mayGoOn: MayGoOn,
  secretKeys: Pick<SecretKeys, 'open'>,
  onProgress: OnProgress,
): Promise<StepResult> {
  switch (step.do) {
    case 'createContainer':
      return { ok: true, do: step.do, ...(await create(step, engine, secretKeys)) };
    case 'startContainer':
      return { ok: true, do: step.do, start: await withOutput(await start(step, engine, look), step, engine, secretKeys) };
    case 'stopContainer':
      return { ok: true, do: step.do, ...(await engine.stopContainer(step.container, step.graceSeconds)) };
    case 'freezeContainer':
      await engine.freezeContainer(step.container);
      return { ok: true, do: step.do };
    case 'thawContainer':
      await engine.thawContainer(step.container);
      return { ok: true, do: step.do };
    case 'saveDisk':
      return { ok: true, do: step.do, disk: await engine.saveDisk(step.container, step.operation, onProgress) };
    case 'removeContainer': {
      const { found } = await engine.removeContainer(step.container, step.anonymous);
      if (step.anonymousVolumes !== undefined && step.anonymousVolumes.length > 0) {
        mayGoOn();
        await engine.removeAnonymousVolumes(step.anonymousVolumes);
      }
      return { ok: true, do: step.do, found };
    }
    case 'discardDisk':
      await engine.removeDisk(step.image);
      return { ok: true, do: step.do };
    case 'removeDisks':
      await engine.removeDisks(step.owner);
      mayGoOn();
      await engine.removeAnonymousVolumes(step.anonymousVolumes);
      return { ok: true, do: step.do };
    case 'commitImage':
      return { ok: true, do: step.do, ...(await engine.commitImage(step.container, step.imageName, step.operation, step)) };
    case 'createVolume':
      return { ok: true, do: step.do, ...(await engine.createVolume(step.volume, step.owner, step.size, step.bytes, step.strict)) };
    case 'copyVolume':
      return { ok: true, do: step.do, ...(await engine.copyVolume(step.from, step.to, step.operation, onProgress)) };
    case 'removeVolume':
      await engine.removeVolume(step.volume, step.owner);
      return { ok: true, do: step.do };
  }
}
