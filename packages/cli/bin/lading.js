#!/usr/bin/env node
// Parsed by whatever Node a user has, as CommonJS by the oldest ones: no import statement, no import.meta, no top-level await.
const parts = process.versions.node.split('.').map(Number);
const major = parts[0];
const minor = parts[1];
const patch = parts[2];
const supported =
  major >= 26 ||
  (major === 24 && minor >= 15) ||
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)));

function refuse() {
  console.error(
    `lading needs Node 22.22.2 or later, 24.15 or later, or 26: this is Node ${process.versions.node}.`,
  );
  process.exitCode = 3;
}

import('./start.js').then((start) => start.start(supported, refuse), supported ? undefined : refuse);
