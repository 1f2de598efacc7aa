import Docker from 'dockerode'

/** Make the engine that DOCKER_HOST names a swarm of one, on loopback only, unless it is in one. @returns what undoes it */
export async function startSwarm(): Promise<() => Promise<void>> {
  const docker = new Docker()
  const loopback = { AdvertiseAddr: '127.0.0.1', ListenAddr: '127.0.0.1:2377', DataPathAddr: '127.0.0.1' }
  const isOurs = await docker.swarmInit(loopback).then(
    () => true,
    () => false,
  )
  return async () => {
    if (isOurs) await docker.swarmLeave({ force: true })
  }
}
