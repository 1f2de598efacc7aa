import { cageExecutor } from '#workers/executors/cage.ts'
import { executorContract } from '../support/executor-contract.ts'

executorContract('The cage', cageExecutor)
