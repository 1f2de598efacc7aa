import { afterAll } from 'vitest'
import { dockerJobs } from '../engines/docker-jobs.ts'
import { dockerServed } from '../engines/docker-serving.ts'
import { swarmJobs } from '../engines/swarm-jobs.ts'
import { swarmServed } from '../engines/swarm-serving.ts'
import { startEngine } from '../support/engine.ts'

/** One engine for all that needs one, one part after the other: they would find each other's containers. */
const engine = await startEngine()
afterAll(() => engine.stop(), 60_000)

dockerJobs(engine)
dockerServed(engine)
swarmJobs(engine)
swarmServed(engine)
