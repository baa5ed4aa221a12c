// The floor: the work of run, patch and rollback by bare Docker calls, with nothing recorded, checked or undone.
import Docker from 'dockerode';

const GRACE_SECONDS = 1;

export interface Shape {
  readonly image: string;
  readonly gpu?: string;
  readonly hostPort?: number;
}

export class RawDocker {
  readonly docker: Docker;

  constructor(socketPath: string) {
    this.docker = new Docker({ socketPath, timeout: 120_000 });
  }

  /** create, start: returns the container's id. */
  async run(name: string, shape: Shape): Promise<string> {
    const container = await this.docker.createContainer(body(name, shape));
    await container.start();
    return container.id;
  }

  /** stop, commit, create, start, remove: returns the new container's id. */
  async replace(id: string, name: string, shape: Shape): Promise<string> {
    const old = this.docker.getContainer(id);
    await old.stop({ t: GRACE_SECONDS });
    const { Id: image } = (await old.commit({ pause: false })) as { Id: string };
    const fresh = await this.run(name, { ...shape, image });
    await old.remove({ force: true });
    return fresh;
  }

  /** Removes the container and, from the newest on, the images that were committed from it. */
  async remove(id: string, base: string): Promise<void> {
    const { Image } = await this.docker.getContainer(id).inspect();
    await this.docker.getContainer(id).remove({ force: true, v: true });
    const { Id } = await this.docker.getImage(base).inspect();
    // Removing the newest removes its untagged parents, too, down to the base.
    if (Image !== Id) await this.docker.getImage(Image).remove();
  }
}

/** Like the service's containers: a tty, perhaps one GPU by device request, perhaps one published port. */
function body(name: string, { image, gpu, hostPort }: Shape): Docker.ContainerCreateOptions {
  return {
    name,
    Image: image,
    Tty: true,
    OpenStdin: true,
    Env: ['CONTAINER_VERSION=1'],
    ...(hostPort !== undefined && { ExposedPorts: { '22/tcp': {} } }),
    HostConfig: {
      ...(hostPort !== undefined && { PortBindings: { '22/tcp': [{ HostIp: '', HostPort: String(hostPort) }] } }),
      ...(gpu !== undefined && { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: [gpu], Capabilities: [['gpu']] }] }),
    },
  };
}
