export const handle = { policy: 'public' }

/** Every address that is not a page of ours. */
export const loader = () => {
  throw new Response('This page does not exist, or is not yours to see.', { status: 404 })
}

export const action = loader

export default function Missing() {
  return null
}
