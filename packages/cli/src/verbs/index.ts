import type { VerbGroup } from '../verb.ts';
import { entryVerbs } from './entries.ts';
import { imageVerbs } from './images.ts';
import { keyVerbs } from './keys.ts';
import { registryVerbs } from './registries.ts';
import { sbomVerbs } from './sboms.ts';
import { setupVerbs } from './setup.ts';
import { signingVerbs } from './signing.ts';
import { trustVerbs } from './trust.ts';

/** All commands, in the order in which help shows them. */
export const verbGroups: readonly VerbGroup[] = [
  { heading: 'By config.yaml:', verbs: entryVerbs },
  { heading: 'Single images:', verbs: imageVerbs },
  { heading: 'What is in images:', verbs: sbomVerbs },
  { heading: 'Signatures:', verbs: signingVerbs },
  { heading: 'Keys:', verbs: keyVerbs },
  { heading: 'Trust:', verbs: trustVerbs },
  { heading: 'Registries:', verbs: registryVerbs },
  { heading: 'Set-up:', verbs: setupVerbs },
];
