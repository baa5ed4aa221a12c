// Times a step, for whoever counts them.
import type { Step, StepResult } from '../../../commands/outside/engine.ts';
import { EngineError, type EngineErrorKind } from '../../../commands/outside/engine-error.ts';

export const STEP_FAULTS = ['unavailable', 'not-found', 'conflict', 'in-use', 'no-space', 'refused', 'port-taken', 'not-started'] as const;
/** Why a step did not come off: the engine's reason, or that of a container which did not start. */
export type StepFault = (typeof STEP_FAULTS)[number];

/** Called at the end of each try of a step, with the time that it took. `fault`: null where it came off. */
export type OnStep = (step: Step['do'], seconds: number, fault: StepFault | null) => void;

/** The step's result, with `onStep` told of it. An error that is not the engine's, as that of a term which is over, is no try. */
export async function timedStep(step: Step, onStep: OnStep | undefined, carryOut: () => Promise<StepResult>): Promise<StepResult> {
  if (onStep === undefined) return carryOut();
  const began = performance.now();
  const tell = (fault: StepFault | null): void => onStep(step.do, (performance.now() - began) / 1_000, fault);
  try {
    const result = await carryOut();
    tell(faultOf(result));
    return result;
  } catch (error) {
    if (error instanceof EngineError) tell(error.kind satisfies EngineErrorKind);
    throw error;
  }
}

function faultOf(result: StepResult): StepFault | null {
  if (!result.ok) return result.error.kind;
  if (result.do !== 'startContainer' || result.start.started) return null;
  return result.start.why === 'port-taken' ? 'port-taken' : 'not-started';
}
