import { useSyncExternalStore } from 'react'

const never = () => () => undefined

/** False on the server and until the page has come to life; what differs then does not belong into the first markup. */
export function useIsBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}
