export type { CredentialOptions, ExplicitCredential } from './credentials.ts';
export { credentials } from './credentials.ts';
export type { CredentialPlaces } from './environment.ts';
export { environmentProxies } from './environment-proxies.ts';
export type { SavedCredential } from './login.ts';
export { removeCredentials, saveCredentials } from './login.ts';
