export { type EnginePlaces, findEngine } from './find-engine.ts';
