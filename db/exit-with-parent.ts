/**
 * End this process when the one that started it is gone, also when that was killed. Every entry that the supervisor
 * starts calls it first; it does nothing in a process that was started by hand.
 */
export function exitWithParent(): void {
  if (!process.connected) return
  process.once('disconnect', () => process.exit(1))
  // The channel alone must not keep a process running that has finished.
  process.channel?.unref()
}
