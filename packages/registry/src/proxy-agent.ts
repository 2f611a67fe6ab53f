// A file of its own, so that it can be loaded late: the names of a CommonJS package get lost when a bundle loads the package itself late.
export { ProxyAgent } from 'undici';
