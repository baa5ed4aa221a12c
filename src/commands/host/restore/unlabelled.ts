// What of a host the log took in without labels of ours: by what the log recorded of it, the engine knows whose it is.
import type { State, UnlabelledAt } from '../../../projections/state.ts';
import { findVersion, isVolumeKey, volumeKey } from '../../../projections/state.ts';
import type { Owner } from '../../outside/engine.ts';
import type { Unlabelled } from '../../outside/unlabelled.ts';

/** Of this host, by the state that the log has whenever it is asked. */
export function unlabelledOn(state: () => State, host: string): Unlabelled {
  const ownerOf = (of: { readonly uid: string }, { name, version }: UnlabelledAt): Omit<Owner, 'operation'> => ({
    log: state().logId,
    name,
    uid: of.uid,
    version,
  });
  return {
    // To list all that Docker has takes long where others have thousands of containers there, so it must not outlast the last of ours.
    anyContainer: () => {
      const { unlabelled, replicaSets } = state();
      for (const [key, { name }] of unlabelled) if (!isVolumeKey(key) && replicaSets.get(name)?.host === host) return true;
      return false;
    },
    anyVolume: () => {
      const { unlabelled, volumes } = state();
      for (const [key, { name }] of unlabelled) if (isVolumeKey(key) && volumes.get(name)?.host === host) return true;
      return false;
    },
    container: (id) => {
      const { unlabelled, replicaSets } = state();
      const at = unlabelled.get(id);
      const rs = at === undefined ? undefined : replicaSets.get(at.name);
      const version = at === undefined || rs?.host !== host ? undefined : findVersion(rs, at.version);
      if (at === undefined || rs === undefined || version === undefined) return undefined;
      return { owner: ownerOf(rs, at), secretNames: (version.spec.secretEnv ?? []).map(({ name }) => name) };
    },
    volume: (volumeName) => {
      const { unlabelled, volumes } = state();
      const at = unlabelled.get(volumeKey(volumeName));
      const volume = at === undefined ? undefined : volumes.get(at.name);
      const version = at === undefined || volume?.host !== host ? undefined : findVersion(volume, at.version);
      return at === undefined || volume === undefined || version === undefined ? undefined : ownerOf(volume, at);
    },
  };
}
