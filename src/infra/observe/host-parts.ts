import type { HostService } from '../runtime/host-service.ts';

/** The part of the host's service that the doors use. */
export type HostParts = Pick<
  HostService,
  | 'state'
  | 'readiness'
  | 'isReady'
  | 'isLeading'
  | 'absence'
  | 'foreignGpus'
  | 'room'
  | 'disks'
  | 'queue'
  | 'execRunner'
  | 'outputs'
  | 'raiseLogLevel'
  | 'changeKey'
  | 'acceptLoss'
  | 'acceptRestore'
  | 'adopt'
  | 'isRestored'
  | 'operations'
  | 'operationOn'
  | 'pulls'
  | 'undo'
  | 'restarts'
>;
