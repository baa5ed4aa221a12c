// A dry run: the events that a command would append, and the Docker steps that would follow if each went well.
import type { Event, NewEvent } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import { pretend } from '../../projections/apply.ts';
import { aggregateOf, type State } from '../../projections/state.ts';
import type { Settings } from '../decision.ts';
import type { Step, StepResult } from '../outside/engine.ts';
import { next } from './next.ts';
import { closing, decideOutcome } from './outcome.ts';

export interface PlannedStep {
  readonly step: Step;
  /** The events that would record it. */
  readonly events: readonly Pick<Event, 'type' | 'data'>[];
}

const MAX_STEPS = 100;

/** The engine's answer when all goes well; ids that only the engine can give are made up. */
export function wellDone(step: Step): StepResult {
  switch (step.do) {
    case 'createContainer':
      return {
        ok: true,
        do: step.do,
        containerId: `(id of ${step.request.containerName})`,
        anonymousVolumes: [...step.request.anonymousVolumes],
      };
    case 'startContainer':
      return { ok: true, do: step.do, start: { started: true } };
    case 'stopContainer':
      return { ok: true, do: step.do, exitCode: 0 };
    case 'saveDisk':
      return { ok: true, do: step.do, disk: { image: `(disk of ${step.container.containerName})`, layers: 0, bytes: 0, flattened: false } };
    case 'removeContainer':
      return { ok: true, do: step.do, found: true };
    case 'commitImage':
      return { ok: true, do: step.do, imageId: `(id of ${step.imageName})` };
    case 'createVolume':
      return { ok: true, do: step.do, enforced: true };
    case 'copyVolume':
      return { ok: true, do: step.do, entries: 0, bytes: 0 };
    default:
      return { ok: true, do: step.do };
  }
}

/** The steps that follow `events`, which a decider gave for this state. Appends nothing, asks nobody. */
export function planSteps(state: State, events: readonly NewEvent[], command: CommandMeta, settings: Settings): PlannedStep[] {
  const stream = events[0]?.stream ?? '';
  const planned: PlannedStep[] = [];
  let at = pretend(state, events, command, settings.host);
  while (planned.length < MAX_STEPS) {
    const aggregate = aggregateOf(at, stream);
    const step = aggregate === undefined ? null : next(at, aggregate, settings);
    if (step === null) return planned;
    const operation = aggregate?.operation?.id ?? null;
    const recorded = decideOutcome(at, stream, { operation, step, result: wellDone(step), busyPorts: new Set() }, settings);
    planned.push({ step, events: recorded.map(({ type, data }) => ({ type, data }) as Pick<Event, 'type' | 'data'>) });
    if (recorded.length === 0) return planned;
    at = pretend(at, recorded, command, settings.host);
    if (closing(at, stream, settings).length > 0) return planned;
  }
  return planned;
}
