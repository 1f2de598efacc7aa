/** Build the processes, unless what they are made of is that of the last build. */
export function ensureBundles(): Promise<void>
