// Events of the streams `volume/<name>`.
import Type from 'typebox';
import { closed, Version } from './shapes.ts';

export const volumeEvents = {
  /** Intent: a Docker volume `<name>-<version>` of this size is to be made. `size` is as shown ("20GB"), `bytes` what it means. */
  VolumeVersionCreated: Type.Object(
    { uid: Type.String(), version: Version, size: Type.String(), bytes: Type.Integer({ minimum: 1 }), from: Type.Optional(Version) },
    closed,
  ),
  /** Docker made it. `enforced`: the engine holds the limit; otherwise it is only recorded. */
  VolumeProvisioned: Type.Object({ version: Version, enforced: Type.Boolean() }, closed),
  /** Everything was copied and the copy compared with the original, entry by entry. */
  VolumeDataCopied: Type.Object(
    { from: Version, to: Version, entries: Type.Integer({ minimum: 0 }), bytes: Type.Integer({ minimum: 0 }) },
    closed,
  ),
  VolumeResized: Type.Object({ from: Version, to: Version, size: Type.String(), bytes: Type.Integer({ minimum: 1 }) }, closed),
  VolumeVersionFailed: Type.Object({ version: Version, step: Type.String(), message: Type.String() }, closed),
  /** A replaced version that a stopped container still names; it is removed when that container is. */
  VolumeVersionRetired: Type.Object({ version: Version }, closed),
  VolumeVersionRemoved: Type.Object({ version: Version }, closed),
  /** The current version is not in Docker at one look: it may come back. */
  VolumeMissing: Type.Object({ version: Version }, closed),
  /** Found again after VolumeMissing or VolumeVanished: it is ready as it was. */
  VolumeReappeared: Type.Object({ version: Version }, closed),
  /** Given up as removed from Docker by someone else: still missing at a later look, or by an operator's word. */
  VolumeVanished: Type.Object({ version: Version }, closed),
  /**
   * An operator had the log take in a volume that Docker has and the log did not know, as ContainerAdopted: it is the current version. `gone`: versions
   * that Docker does not have any more. An earlier version that Docker has as well may be adopted before it, and is retired after it. `unlabelled`: it
   * was there before the log and carries no label of ours, so it is known by its name.
   */
  VolumeAdopted: Type.Object(
    {
      uid: Type.String(),
      version: Version,
      size: Type.String(),
      bytes: Type.Integer({ minimum: 1 }),
      enforced: Type.Boolean(),
      createTime: Type.String(),
      gone: Type.Array(Version),
      unlabelled: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  VolumeDeleted: Type.Object({ uid: Type.String() }, closed),
} as const;
