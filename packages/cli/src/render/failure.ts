import { printable } from '@lading/oci';
import type { Failure } from '../failure.ts';
import type { Paint } from '../paint.ts';

/** An error for people: code and side, what failed, the server's own words, which credentials, what to do next. */
export function renderFailure(failure: Failure, paint: Paint, subject = ''): string[] {
  const { code, side = '', message, credentials, hint } = failure;
  const head = [subject, code, side].filter((part) => part !== '').join('   ');
  const indent = subject === '' ? '  ' : '      ';
  const body = message.split('\n');
  if (credentials !== undefined) body.push(`credentials: ${credentials}`);
  if (hint !== undefined) body.push(`hint: ${hint}`);
  return [
    `${subject === '' ? '' : '  '}${paint('bad', '✗')} ${head}`,
    ...body.map((line) => printable(`${indent}${line}`)),
  ];
}
