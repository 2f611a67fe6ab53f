import { mark, type Signature, threeNumbers } from '../signature.ts';

const raw = String.raw;
const openssl = raw`${threeNumbers}(?:[a-z]+|-(?:alpha|beta|rc)\d+)?`;
const twoOrThree = raw`\d+\.\d+(?:\.\d+)?`;

/** Shells, libraries and what else people copy into images. */
export const tools: readonly Signature[] = [
  {
    // The image of BusyBox has its first applet as the file and all others as hard links to it.
    file: /^(?:busybox|\[)$/,
    name: 'busybox',
    marks: [mark('BusyBox v', 'BusyBox v<V>')],
  },
  {
    file: /^bash$/,
    name: 'bash',
    marks: [mark('@(#)Bash version ', raw`@\(#\)Bash version <V>\(\d+\) \w+ GNU`)],
  },
  {
    file: /^(?:openssl|libcrypto\.so.*)$/,
    name: 'openssl',
    marks: [
      { ...mark('AWS-LC ', raw`AWS-LC <V>\)\x00`), name: 'aws-lc' },
      mark('\0OpenSSL ', raw`\x00OpenSSL <V> {1,2}\d`, openssl),
    ],
  },
  { file: /^curl$/, name: 'curl', marks: [mark('curl/', 'curl/<V>'), mark('\0curl ', raw`\x00curl <V> \(`)] },
  { file: /^jq$/, name: 'jq', marks: [mark('\x001.', raw`\x00<V>\x00`, raw`1\.\d{1,3}(?:\.\d+)?`)] },
  { file: /^zstd$/, name: 'zstd', marks: [mark('\0v', raw`\x00v<V>\x00`)] },
  { file: /^xz$/, name: 'xz', marks: [mark('xz (XZ Utils) ', raw`xz \(XZ Utils\) <V>\x00`)] },
  {
    file: /^gzip$/,
    name: 'gzip',
    requires: '%s: %s: not in gzip format',
    marks: [mark('\x001.', raw`\x00<V>\x00`, raw`1\.\d+`)],
  },
  { file: /^getopt$/, name: 'util-linux', marks: [mark('\0util-linux ', raw`\x00util-linux <V>\x00`)] },
  {
    file: /^ldapsearch$/,
    name: 'openldap',
    marks: [mark('$OpenLDAP: ldapsearch ', raw`\$OpenLDAP: ldapsearch <V>`)],
  },
  {
    file: /^libkrb5\.so/,
    name: 'krb5',
    marks: [
      mark('KRB5_BRAND: ', raw`KRB5_BRAND: krb5-\S+ <V> `, twoOrThree),
      { ...mark('$Version: Heimdal ', raw`\$Version: Heimdal <V> `, twoOrThree), name: 'heimdal-krb5' },
    ],
  },
  {
    file: /^libQt\d*Core\.so/,
    name: 'qtbase',
    marks: [mark('\0Qt ', raw`\x00Qt <V> \(`), mark('QtCore library version ', 'QtCore library version <V>')],
  },
  {
    file: /^ffmpeg$/,
    name: 'ffmpeg',
    marks: [mark('%s version ', '%s version <V>', twoOrThree)],
  },
  {
    file: /^lib(?:av|swresample)[a-z]*(?:-\w+)?\.so/,
    name: 'ffmpeg',
    marks: [mark('FFmpeg version ', 'FFmpeg version <V>', twoOrThree)],
  },
  {
    file: /^fluent-bit$/,
    name: 'fluent-bit',
    purl: 'pkg:github/fluent/fluent-bit',
    marks: [mark('Fluent Bit v', raw`\x00<V>\x00+(?:\x1b\[1m)?\x00*(?:%s)?Fluent Bit v`)],
  },
  {
    file: /^chrome$/,
    name: 'chrome',
    marks: [mark('\0Default', raw`\x00<V>\x00Default`, raw`\d+\.\d+\.\d+\.\d+`)],
  },
  {
    file: /^composer(?:\.phar)?$/,
    name: 'composer',
    isText: true,
    marks: [
      mark(
        "'pretty_version' =>",
        raw`'pretty_version' => '<V>'`,
        raw`${threeNumbers}(?:-?(?:alpha|beta|RC)\d+)?`,
      ),
    ],
  },
  { file: /^wp$/, name: 'wp-cli', isText: true, marks: [mark('wp-cli/wp-cli ', 'wp-cli/wp-cli <V>')] },
];
