// Carries out steps: each one is one call of the engine, and its result.

import { type ContainerEngine, EngineError, type Step, type StepResult } from '../../../commands/outside/engine.ts';

/** Throws only EngineError('unavailable'): the same step is then to be tried again. */
export async function perform(step: Step, engine: ContainerEngine): Promise<StepResult> {
  try {
    return await call(step, engine);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'unavailable') throw error;
    // A container that Docker cannot remove now (a busy mount) still has to go: try again.
    if (step.do === 'removeContainer' && error.kind !== 'conflict') throw new EngineError('unavailable', error.message, { cause: error });
    return { ok: false, do: step.do, error: { kind: error.kind, message: error.message } };
  }
}

async function call(step: Step, engine: ContainerEngine): Promise<StepResult> {
  switch (step.do) {
    case 'createContainer':
      return { ok: true, do: step.do, ...(await engine.createContainer(step.request)) };
    case 'startContainer':
      return { ok: true, do: step.do, start: await engine.startContainer(step.container, step.settleMs) };
    case 'stopContainer':
      return { ok: true, do: step.do, ...(await engine.stopContainer(step.container, step.graceSeconds)) };
    case 'saveDisk':
      return { ok: true, do: step.do, disk: await engine.saveDisk(step.container, step.operation) };
    case 'removeContainer': {
      const { found } = await engine.removeContainer(step.container, step.anonymous);
      if (step.anonymousVolumes !== undefined && step.anonymousVolumes.length > 0)
        await engine.removeAnonymousVolumes(step.anonymousVolumes);
      return { ok: true, do: step.do, found };
    }
    case 'discardDisk':
      await engine.removeDisk(step.image);
      return { ok: true, do: step.do };
    case 'removeDisks':
      await engine.removeDisks(step.owner);
      await engine.removeAnonymousVolumes(step.anonymousVolumes);
      return { ok: true, do: step.do };
    case 'commitImage':
      return { ok: true, do: step.do, ...(await engine.commitImage(step.container, step.imageName, step.operation)) };
    case 'createVolume':
      return { ok: true, do: step.do, ...(await engine.createVolume(step.volume, step.owner, step.size, step.bytes, step.strict)) };
    case 'copyVolume':
      return { ok: true, do: step.do, ...(await engine.copyVolume(step.from, step.to, step.operation)) };
    case 'removeVolume':
      await engine.removeVolume(step.volume, step.owner);
      return { ok: true, do: step.do };
  }
}
