// One step of an operation: a single Docker call that is harmless to repeat, and what came of it.
import type { AnonymousVolume, Disk } from '../../events/shapes.ts';
import type { ContainerRef, CreateContainer, EngineErrorKind, Owner, StartResult } from '../outside/engine.ts';

export type Step =
  | { readonly do: 'createContainer'; readonly version: number; readonly request: CreateContainer }
  | { readonly do: 'startContainer'; readonly version: number; readonly container: ContainerRef; readonly settleMs: number }
  | { readonly do: 'stopContainer'; readonly version: number; readonly container: ContainerRef; readonly graceSeconds: number }
  | { readonly do: 'saveDisk'; readonly version: number; readonly container: ContainerRef; readonly operation: string }
  | {
      readonly do: 'removeContainer';
      readonly version: number;
      readonly container: ContainerRef;
      readonly anonymous: boolean;
      /** Volumes that are known to have been made for it: they go also when somebody else removed the container and left them. */
      readonly anonymousVolumes?: readonly string[];
    }
  | { readonly do: 'discardDisk'; readonly version: number; readonly image: string }
  | { readonly do: 'removeDisks'; readonly owner: Pick<Owner, 'log' | 'name' | 'uid'>; readonly anonymousVolumes: readonly string[] }
  | {
      readonly do: 'commitImage';
      readonly version: number;
      readonly container: ContainerRef;
      readonly imageName: string;
      readonly operation: string;
    }
  | {
      readonly do: 'createVolume';
      readonly version: number;
      readonly volume: string;
      readonly owner: Owner;
      readonly size: string;
      readonly bytes: number;
      readonly strict: boolean;
    }
  | { readonly do: 'copyVolume'; readonly from: string; readonly to: string; readonly fromVersion: number; readonly toVersion: number }
  | { readonly do: 'removeVolume'; readonly version: number; readonly volume: string; readonly owner: Omit<Owner, 'operation'> };

/** What the engine answered. `unavailable` never comes here: the step is tried again until there is an answer. */
export type StepResult =
  | { readonly ok: true; readonly do: 'createContainer'; readonly containerId: string; readonly anonymousVolumes: AnonymousVolume[] }
  | { readonly ok: true; readonly do: 'startContainer'; readonly start: StartResult }
  | { readonly ok: true; readonly do: 'stopContainer'; readonly exitCode: number }
  | { readonly ok: true; readonly do: 'saveDisk'; readonly disk: Disk }
  | { readonly ok: true; readonly do: 'commitImage'; readonly imageId: string }
  | { readonly ok: true; readonly do: 'createVolume'; readonly enforced: boolean }
  | { readonly ok: true; readonly do: 'copyVolume'; readonly entries: number; readonly bytes: number }
  | { readonly ok: true; readonly do: 'removeContainer' | 'discardDisk' | 'removeDisks' | 'removeVolume' }
  | {
      readonly ok: false;
      readonly do: Step['do'];
      readonly error: { readonly kind: Exclude<EngineErrorKind, 'unavailable'>; readonly message: string };
    };
