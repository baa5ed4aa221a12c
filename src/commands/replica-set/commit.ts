import Type from 'typebox';
import type { CommandMeta } from '../../events/envelope.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedAsItIs, isGone, refuseGone } from '../container/current.ts';
import { containerRef } from '../container/steps.ts';
import { type Context, type Decision, isDecision, type Needs, presentReplicaSet, refuseWithoutRoom, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { imageOrigin } from '../outside/engine.ts';
import { isDiskRepository } from '../request/image-name.ts';
import { ownerSeenBy } from '../request/keys/rights.ts';
import { quoted } from '../request/quoted.ts';
import { LONGEST, Text } from '../request/schema.ts';

const schema = Type.Object(
  { newImageName: Text('The name of the image to make.', { maxLength: LONGEST.image, default: '' }) },
  { $id: 'CommitBody' },
);

// The grammar of image references (distribution/reference), without digests: a new image cannot be given one.
const HOST = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d+)?';
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const IMAGE_NAME = new RegExp(`^(?:${HOST}/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?$`);

/** The refusal of a name that is wrong in itself, whatever the state. */
function problemOf(newImageName: string): Decision | null {
  if (newImageName.trim() === '') return reject(Code.invalidBody, 'invalid', 'newImageName is missing');
  if (isDiskRepository(newImageName)) {
    return reject(Code.commitFailed, 'impossible', 'images named gpu-docker-api/disk are the saved system disks: choose another name');
  }
  if (!IMAGE_NAME.test(newImageName) || newImageName.length > 255) {
    const rule = 'lower-case letters and digits, parted by . _ - or /, with a tag behind a colon if you like, as in lab/foo:v1';
    return reject(Code.commitFailed, 'impossible', `newImageName ${quoted(newImageName)} is not a valid image name: ${rule}`);
  }
  return null;
}

/** About a name that does not exist Docker is not asked. */
const needs = (state: State, { name, newImageName }: OnName<typeof schema>): Needs =>
  problemOf(newImageName) === null && state.replicaSets.has(name) ? { newImage: newImageName, room: true } : {};

/** A tag is moved only from an image that was committed from the same replicaSet: others run what has the name now. */
function decide(state: State, { name, newImageName }: OnName<typeof schema>, { facts }: Context): Decision {
  const problem = problemOf(newImageName);
  if (problem !== null) return problem;
  const rs = presentReplicaSet(state, name, Code.commitFailed);
  if (isDecision(rs)) return rs;
  if (isGone(rs)) return refuseGone(rs, Code.commitFailed);
  const full = refuseWithoutRoom(facts, Code.commitFailed);
  if (full !== null) return full;
  const taken = facts.imageNames.get(newImageName);
  if (taken === undefined) return { kind: 'stale' };
  if (taken !== null && taken.committedFrom !== imageOrigin({ log: state.logId, ...rs })) {
    const way = 'choose another name, or remove that image first (docker rmi)';
    return reject(
      Code.commitFailed,
      'conflict',
      `an image ${newImageName} exists (${taken.id}) that was not committed from ${rs.name}: ${way}`,
    );
  }
  return begin(rs, 'commit', { imageName: newImageName });
}

/** Whose image alone it is going to be; undefined: everybody's. An operator could take a public image's name that the host has not pulled yet. */
function ownCommitter(state: State, { key: name = '' }: CommandMeta): string | undefined {
  const key = state.keys.get(name);
  return key === undefined ? undefined : (ownerSeenBy(key) ?? undefined);
}

const steps: StepsOf<ReplicaSet, 'commitImage'> = {
  on: 'replicaSet',
  forwardStep: ({ state, aggregate: rs, from, operation }) => {
    if (from === undefined || has(operation, 'ContainerCommitted')) return null;
    const { id, imageName = '', command } = operation;
    const committer = ownCommitter(state, command);
    return {
      do: 'commitImage',
      version: from.version,
      container: containerRef(state, rs, from),
      imageName,
      operation: id,
      ...(committer !== undefined && { committer }),
      ...(from.frozen === true && { frozen: true }),
    };
  },
  undoStep: nothingToUndo,
  done: {
    commitImage: ({ stream, operation }, { step: { version }, result: { imageId } }) => [
      { type: 'ContainerCommitted', stream, data: { version, imageName: operation.imageName ?? '', imageId } },
    ],
  },
  failed: failedAsItIs,
};

export const commit = {
  schema,
  failureCode: Code.commitFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
