/** What a job's code needs to run: its files, where it starts, and how far it may go. */
export interface ExecutionSpec {
  /** Names this execution and no other, so that a restart can find what it left behind. */
  id: string
  /** Absolute paths inside the runner, such as /job/main.py or /data/birdstrikes-train.csv. */
  files: readonly { path: string; bytes: Uint8Array }[]
  /** The program, one of `files`. */
  entry: string
  timeoutSeconds: number
  memoryMbMax: number
}

/** One call to the tracking API, asked for by code that holds no credential. */
export interface TrackingRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Begins with /api/2.0/ and includes the query string. */
  path: string
  headers: Record<string, string>
  body: Uint8Array | null
}

export interface TrackingResponse {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

export interface ExecutionHooks {
  onLog(stream: 'stdout' | 'stderr', text: string): void
  /** @param fraction 0 to 1 */
  onProgress(fraction: number, note: string): void
  /** What it uses: memory in MB now, processor time in seconds so far. About once a second. */
  onUsage(memoryMb: number, cpuSeconds: number): void
  /** The caller adds the token here, so that code in the runner never sees one. */
  track(request: TrackingRequest): Promise<TrackingResponse>
  /** Aborting it cancels the execution. */
  signal: AbortSignal
}

/**
 * `exit_code`: the program ended itself with a status other than 0. `exception`: it stopped on an error of its own.
 * `crashed`: the runner under it went away.
 */
export type ExecutionEnd =
  | { state: 'succeeded' }
  | { state: 'failed'; reason: 'exit_code'; exitCode: number; message: string }
  | { state: 'failed'; reason: 'exception' | 'out_of_memory' | 'crashed'; message: string }
  | { state: 'timed_out' }
  | { state: 'cancelled' }

/** Runs code that we do not trust. `run` rejects only for a broken spec; whatever the code does is an `ExecutionEnd`. */
export interface Executor {
  /** What is written beside the job: `cage`, `docker`, `swarm`. */
  readonly name: string
  /** The exact surroundings that the next run will have, written beside the job. @throws when the executor cannot be used now */
  environment(): Promise<string>
  /** What packages are imported by there: an environment that was built for one is run in by the same only. */
  interpreter(): Promise<string>
  run(spec: ExecutionSpec, hooks: ExecutionHooks): Promise<ExecutionEnd>
  /**
   * Remove what earlier processes left running.
   * @param current asks for the ids of the executions that somebody still wants
   * @returns how many were removed
   */
  sweep(current: () => Promise<ReadonlySet<string>>): Promise<number>
}
