// The secret variables of what is taken back: the engine has the values of a container in clear, and the log gets them sealed as those of a run.
import type { SealedVariable } from '../../../events/shapes.ts';
import { sealedFor } from '../../container/secret-env.ts';
import type { Facts, Needs } from '../../decision.ts';
import type { Owned, OwnedContainer, OwnedDisk } from '../../outside/owned.ts';

type Described = OwnedContainer | OwnedDisk;

/** What an adoption of this container takes values from: it, and the saved disks of its life. */
const sources = ({ disks }: Owned, chosen: OwnedContainer): readonly Described[] => [
  chosen,
  ...disks.filter(({ uid }) => uid === chosen.seen.uid),
];

/** The values to be sealed before it is decided; undefined where there are none. */
export function sealsOf(owned: Owned, chosen: OwnedContainer): Needs['seals'] {
  const variables = sources(owned, chosen).flatMap(({ secrets = [] }) => secrets);
  return variables.length === 0 ? undefined : { uid: chosen.seen.uid, variables };
}

/** The same things with their secret variables in their specs; null where they were sealed for another life, or not yet. */
export function withSealed(
  owned: Owned,
  chosen: OwnedContainer,
  sealed: Facts['sealed'],
): { readonly chosen: OwnedContainer; readonly disks: readonly OwnedDisk[] } | null {
  const seals = sealsOf(owned, chosen);
  const variables = sealedFor(chosen.seen.uid, seals?.variables, sealed === undefined ? {} : { sealed });
  if (variables === null) return null;
  const left = [...variables];
  const ofChosen = left.splice(0, chosen.secrets?.length ?? 0);
  const disks = owned.disks.map((disk) =>
    disk.uid === chosen.seen.uid ? diskWith(disk, left.splice(0, disk.secrets?.length ?? 0), ofChosen) : disk,
  );
  return { chosen: withSecretEnv(chosen, ofChosen), disks };
}

/** No saved disk has the values of its secret variables: one that the container has, too, is taken to have been the same. */
function diskWith(disk: OwnedDisk, own: readonly SealedVariable[], ofChosen: readonly SealedVariable[]): OwnedDisk {
  const { lostSecrets = [], version } = disk;
  const borrowed = ofChosen.filter(({ name }) => lostSecrets.includes(name));
  const lost = lostSecrets.filter((name) => borrowed.every((variable) => variable.name !== name));
  const names = borrowed.map(({ name }) => name).join(', ');
  const approximate = [
    ...disk.approximate,
    ...(borrowed.length > 0
      ? [`the values of the secret variables of version ${version} (${names}) are not known: they are taken to be those of the container`]
      : []),
    ...(lost.length > 0
      ? [`the secret variables of version ${version} (${lost.join(', ')}) are not taken back: give them anew with secretEnv in a patch`]
      : []),
  ];
  return { ...withSecretEnv(disk, [...own, ...borrowed]), approximate };
}

const withSecretEnv = <T extends Described>(described: T, secretEnv: readonly SealedVariable[]): T =>
  secretEnv.length === 0 ? described : { ...described, spec: { ...described.spec, secretEnv: [...secretEnv] } };
