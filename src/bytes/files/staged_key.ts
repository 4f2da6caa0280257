/** What staged bytes are called: a UUID, behind that of their batch if they are of one. */
export const STAGED = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.(?!$)|$)){1,2}$/;
