import correct from 'spdx-correct';
import deprecatedIds from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import currentIds from 'spdx-license-ids/index.json' with { type: 'json' };

const idsByLowerCase: ReadonlyMap<string, string> = new Map(
  [...deprecatedIds, ...currentIds].map((id) => [id.toLowerCase(), id]),
);
const allIds = [...idsByLowerCase.keys()];

/** Short names of Debian's copyright format, of Fedora before it took SPDX, and of Arch, which no rule below leads to an id. */
const idsByOtherName: ReadonlyMap<string, string> = new Map([
  ['expat', 'MIT'],
  ['mit/x11', 'MIT'],
  ['mit/expat', 'MIT'],
  ['x11-mit', 'MIT'],
  ['bsd-2', 'BSD-2-Clause'],
  ['bsd-3', 'BSD-3-Clause'],
  ['bsd-4', 'BSD-4-Clause'],
  ['bsd with advertising', 'BSD-4-Clause'],
  ['new bsd', 'BSD-3-Clause'],
  ['simplified bsd', 'BSD-2-Clause'],
  ['asl-2', 'Apache-2.0'],
  ['apache-2', 'Apache-2.0'],
  ['perl', 'Artistic-1.0-Perl OR GPL-1.0-or-later'],
  ['psfl', 'PSF-2.0'],
  ['psf', 'PSF-2.0'],
  ['python-2', 'Python-2.0'],
  ['cc0', 'CC0-1.0'],
  ['boost', 'BSL-1.0'],
  ['boost-1', 'BSL-1.0'],
  ['zpl-2.1', 'ZPL-2.1'],
  ['openldap', 'OLDAP-2.8'],
  ['ofl', 'OFL-1.1'],
  ['curl', 'curl'],
  ['isc license (iscl)', 'ISC'],
  ['mit license', 'MIT'],
  ['bsd license', ''],
  ['apache', ''],
]);

/** A licence that a document has the text of (SPDX 2.3, annex D.2). */
const licenseRef = /^(?:DocumentRef-[\w.-]+:)?LicenseRef-[\w.-]+$/;

/** The licence that was meant where words do not say it is not guessed: `GPL` has no version, `BSD` no number of clauses. */
export function licenseId(words: string): string | undefined {
  if (licenseRef.test(words)) return words;
  const exact = idsByLowerCase.get(words.toLowerCase());
  if (exact !== undefined) return withoutDeprecatedGnuName(exact);
  const plain = words.toLowerCase().replace(/\s+/g, ' ').replace(/\.0$/, '');
  const known = idsByOtherName.get(plain) ?? idsByOtherName.get(plain.replace(/ (?=\d)/g, '-'));
  if (known !== undefined) return known === '' ? undefined : known;
  return gnuId(words) ?? correctedId(words);
}

/** `GPL-2+`, `GPLv2+`, `LGPL2.1`, `AGPL-3.0+`, `GFDL-1.3`: with a version always, for without one nobody can tell. */
function gnuId(words: string): string | undefined {
  const match = /^(A|L)?GPL[ -]?v?(\d(?:\.\d)?)(?:\.0)?(\+|-only|-or-later)?$/i.exec(words);
  if (match !== null) {
    const [, kind = '', version = '', suffix = ''] = match;
    const full = version.includes('.') ? version : `${version}.0`;
    return idsByLowerCase.get(`${kind}gpl-${full}${orLater(suffix)}`.toLowerCase());
  }
  const fdl = /^(?:GNU[ -]?)?G?FDL-?v?(\d\.\d)(\+|-only|-or-later)?$/i.exec(words);
  return fdl === null ? undefined : idsByLowerCase.get(`gfdl-${fdl[1]}${orLater(fdl[2] ?? '')}`);
}

function orLater(suffix: string): string {
  return suffix === '+' || suffix.toLowerCase() === '-or-later' ? '-or-later' : '-only';
}

/** `GPL-2.0` and `GPL-2.0+` are deprecated names of what the list has as `GPL-2.0-only` and `GPL-2.0-or-later`. */
function withoutDeprecatedGnuName(id: string): string {
  if (!/^(?:[AL]?GPL|GFDL)-\d\.\d\+?$/.test(id)) return id;
  const name = id.endsWith('+') ? `${id.slice(0, -1)}-or-later` : `${id}-only`;
  return idsByLowerCase.get(name.toLowerCase()) ?? id;
}

/** Misspelled ids, put right. Whoever corrects spelling also guesses, so what it says has to have the same numbers and its letters as what was there. */
function correctedId(words: string): string | undefined {
  if (words.length > 80) return undefined;
  const spoken =
    words
      .toLowerCase()
      .replace(/v(?=\d)/g, ' ')
      .match(/\p{L}+/gu) ?? [];
  // Most words that come here are in no id together, and it takes its time to try all ways to spell them.
  const telling = spoken.filter((word) => !filler.has(word));
  if (!allIds.some((id) => telling.every((word) => id.includes(word)))) return undefined;
  const corrected = spelled(words);
  if (corrected === null) return undefined;
  const [name = ''] = corrected.toLowerCase().split('-');
  const isSameName =
    spoken.some((word) => word.startsWith(name)) &&
    telling.every((word) => corrected.toLowerCase().includes(word));
  const isSameVersion = numbersOf(words) === numbersOf(corrected);
  return isSameName && isSameVersion ? withoutDeprecatedGnuName(corrected) : undefined;
}

/** Words that change nothing in what a licence's name says. */
const filler: ReadonlySet<string> = new Set(
  'the v version ver license licence licensed under software foundation public clause revised only'.split(
    ' ',
  ),
);

function spelled(words: string): string | null {
  try {
    return correct(words, { upgrade: false });
  } catch {
    // It takes words for granted and fails over signs alone.
    return null;
  }
}

function numbersOf(words: string): string {
  return (words.match(/\d+(?:\.\d+)*\+?/g) ?? [])
    .map((number) => number.replace(/\.0(?=\+?$)/, ''))
    .join(' ');
}
