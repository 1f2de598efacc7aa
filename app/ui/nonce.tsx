import { createContext, useContext } from 'react'

/** The response's nonce on the server; empty in the browser, where scripts that run may add others (strict-dynamic). */
export const NonceContext = createContext('')

export function useNonce(): string {
  return useContext(NonceContext)
}
