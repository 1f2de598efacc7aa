/** What a job's code needs to run: its files, where it starts, and how far it may go. */
export interface ExecutionSpec {
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
  /** The caller adds the token here, so that code in the runner never sees one. */
  track(request: TrackingRequest): Promise<TrackingResponse>
  /** Aborting it cancels the execution. */
  signal: AbortSignal
}

export type ExecutionEnd =
  | { state: 'succeeded' }
  | { state: 'failed'; reason: 'error' | 'out_of_memory' | 'crashed'; message: string }
  | { state: 'timed_out' }
  | { state: 'cancelled' }

/** Runs code that we do not trust. `run` rejects only for a broken spec; whatever the code does is an `ExecutionEnd`. */
export interface Executor {
  run(spec: ExecutionSpec, hooks: ExecutionHooks): Promise<ExecutionEnd>
}
