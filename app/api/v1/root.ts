/** Where our own REST API begins. */
export const V1_ROOT = '/api/v1/engagements'
