/** Names of staged bytes: a UUID, after the UUID of their batch if they belong to one. */
export const STAGED = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.(?!$)|$)){1,2}$/;
