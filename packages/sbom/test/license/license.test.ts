import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import parse from 'spdx-expression-parse';
import { licenseOf, licensesOf } from '../../src/license/license.ts';

describe('licences', () => {
  test.each([
    ['MIT', 'MIT'],
    ['mit', 'MIT'],
    ['Expat', 'MIT'],
    ['Apache License, Version 2.0', 'Apache-2.0'],
    ['ASL 2.0', 'Apache-2.0'],
    ['GPL-2', 'GPL-2.0-only'],
    ['GPL-2+', 'GPL-2.0-or-later'],
    ['GPL-2.0', 'GPL-2.0-only'],
    ['GPL-2.0+', 'GPL-2.0-or-later'],
    ['GPLv2+', 'GPL-2.0-or-later'],
    ['LGPLv2.1', 'LGPL-2.1-only'],
    ['LGPL2.1', 'LGPL-2.1-only'],
    ['GPL3', 'GPL-3.0-only'],
    ['GFDL-1.3', 'GFDL-1.3-only'],
    ['MPLv2.0', 'MPL-2.0'],
    ['BSD-3-clause', 'BSD-3-Clause'],
    ['LicenseRef-Fedora-Public-Domain', 'LicenseRef-Fedora-Public-Domain'],
    ['GPLv2+ AND LicenseRef-Fedora-Public-Domain', 'GPL-2.0-or-later AND LicenseRef-Fedora-Public-Domain'],
    ['LicenseRef-Acme, and GPL-2+', 'LicenseRef-Acme AND GPL-2.0-or-later'],
    ['(GPLv2+ or LicenseRef-proprietary) and MIT', '(GPL-2.0-or-later OR LicenseRef-proprietary) AND MIT'],
    ['GPLv2+ and DocumentRef-a:LicenseRef-b.1', 'GPL-2.0-or-later AND DocumentRef-a:LicenseRef-b.1'],
    ['GPLv2+ and ASL 2.0', 'GPL-2.0-or-later AND Apache-2.0'],
    ['GPL-2.0-or-later AND (MIT OR BSD-2-Clause)', 'GPL-2.0-or-later AND (MIT OR BSD-2-Clause)'],
    ['(GPLv3+ or MIT) and ISC', '(GPL-3.0-or-later OR MIT) AND ISC'],
    ['GPL-2+ or Artistic-2.0, and BSD-3-clause', '(GPL-2.0-or-later OR Artistic-2.0) AND BSD-3-Clause'],
    ['GPLv2+ with classpath exception', 'GPL-2.0-or-later WITH Classpath-exception-2.0'],
    ['GPL-2.0-only WITH GCC-exception-2.0', 'GPL-2.0-only WITH GCC-exception-2.0'],
    ['perl and MIT', '(Artistic-1.0-Perl OR GPL-1.0-or-later) AND MIT'],
    ['  MIT \n', 'MIT'],
  ])('%j is %s', (words, expression) => {
    expect(licenseOf(words)).toEqual({ expression });
  });

  test.each([
    'GPL',
    'LGPL',
    'BSD',
    'Apache',
    'Artistic',
    'Public Domain',
    'GPLv2+ and Freedom',
    'GPL-2 with my exception',
    'custom:foo',
    'constructor',
    '__proto__',
    'GPL-9',
    'MIT, but not for evil',
    'MIT (see COPYING)',
    'Apache 2.0 except tests',
  ])('%j stays what it is: nothing is guessed', (name) => {
    expect(licenseOf(name)).toEqual({ name });
  });

  test.each(['', ' \n', 'UNKNOWN', 'NOASSERTION', 'None', 'N/A'])('%j says nothing', (words) => {
    expect(licenseOf(words)).toBeUndefined();
  });

  test('the text of a licence is named by its first line', () => {
    expect(licenseOf(`The Acme License\n\n${'You may use this. '.repeat(200)}`)).toEqual({
      name: 'The Acme License',
    });
    expect(licenseOf('x'.repeat(5000))).toEqual({ name: `${'x'.repeat(199)}…` });
  });

  test('parentheses without end do not use up the stack', () => {
    expect(licenseOf('('.repeat(900))).toEqual({ name: `${'('.repeat(199)}…` });
    expect(licenseOf('('.repeat(1_000_000))).toHaveProperty('name');
  });

  test('each once, in order', () => {
    expect(licensesOf(['Expat', 'GPL', 'MIT', 'unknown'])).toEqual([{ expression: 'MIT' }, { name: 'GPL' }]);
  });

  test('whatever is said, what comes out is an expression or has a name', () => {
    const words = fc.array(
      fc.constantFrom(
        'MIT',
        'GPL-2+',
        'and',
        'or',
        'with',
        ',',
        '(',
        ')',
        'Apache',
        '2.0',
        '+',
        '|',
        'perl',
        '\n',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          words.map((parts) => parts.join(' ')),
        ),
        (text) => {
          const license = licenseOf(text);
          if (license === undefined) return;
          if ('expression' in license) parse(license.expression);
          else expect(license.name).not.toBe('');
        },
      ),
    );
  });
});
