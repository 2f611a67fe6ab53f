import { mark, type Signature, threeNumbers } from '../signature.ts';

const raw = String.raw;
const php = [
  mark('X-Powered-By: PHP/', 'X-Powered-By: PHP/<V>', raw`${threeNumbers}(?:(?:alpha|beta|RC)\d+)?`),
];
const pythonVersion = (series: string): string =>
  raw`${series.replaceAll('.', raw`\.`)}\.\d+(?:(?:a|b|rc)\d+)?\+?`;
const otp = raw`\d+\.\d+(?:\.\d+){0,3}(?:-rc\d+)?`;
const julia = raw`${threeNumbers}(?:-(?:alpha|beta|rc)\d+)?`;
const javaVersion = raw`\d[\w.+-]{1,60}`;

/** What programs of other languages run in, and what compiles them. */
export const runtimes: readonly Signature[] = [
  {
    file: /^node$/,
    name: 'node',
    marks: [
      mark('node.js/v', 'node\\.js/v<V>'),
      mark('node v0.', raw`\x00node v<V>\x00`),
      // io.js and before: later programs have such a text too, of something else.
      mark('\0v', raw`\x00v<V>\x00`, raw`[0456]\.\d+\.\d+`),
    ],
  },
  {
    file: /^deno$/,
    name: 'deno',
    marks: [
      mark('Deno/', 'Deno/<V>'),
      mark('deno-', raw`deno-(?:canary/)?[0-9a-z]{40}(?:release/v)?<V>`),
      mark('DENO', raw`<V>[0-9a-z]{40}DENO`),
    ],
  },
  { file: /^bun$/, name: 'bun', marks: [mark('Bun v', 'Bun v<V>'), mark('bun-', 'bun-<V>')] },
  {
    file: /^python(\d+\.\d+)$/,
    name: 'python',
    marks: ([, series = '']) => [mark(`\x00${series}.`, raw`\x00<V>\x00`, pythonVersion(series))],
  },
  {
    file: /^libpython(\d+\.\d+)[a-z]*\.so(?:\..*)?$/,
    name: 'python',
    marks: ([, series = '']) => [mark(`\x00${series}.`, raw`\x00<V>\x00`, pythonVersion(series))],
  },
  { file: /^libpypy.*\.so/, name: 'pypy', marks: [mark('[PyPy ', raw`\[PyPy <V>`)] },
  {
    file: /^(?:ruby[\d.]*|libruby.*\.so.*)$/,
    name: 'ruby',
    marks: [mark('ruby ', raw`\x00ruby <V> \(\d{4}-`, raw`${threeNumbers}(?:(?:p|preview|rc|dev)\d*)?`)],
  },
  {
    file: /^perl[\d.]*$/,
    name: 'perl',
    purl: 'pkg:cpan/perl',
    marks: [mark('/lib/perl5/', '/lib/perl5/(?:site_perl/)?<V>'), mark('\0v5.', raw`\x00v<V>\x00`)],
  },
  { file: /^php[\d.]*$/, name: 'php-cli', marks: php },
  { file: /^php-fpm[\d.]*$/, name: 'php-fpm', marks: php },
  { file: /^libphp[\d.]*\.so$/, name: 'php', marks: php },
  {
    file: /^java$/,
    name: 'jre',
    namespace: 'oracle',
    marks: [
      { ...mark('-jvmci-', raw`\x00<V>\x00`, raw`\d[\d.]*\+\d+-jvmci-\d[\d.]*-b\d+`), name: 'graalvm' },
      {
        ...mark('openjdk\0java\0', raw`openjdk\x00java\x00\d[\d.]*\x00+<V>\x00`, javaVersion),
        name: 'openjdk',
      },
      {
        ...mark('openjdk\0java\0', raw`\x00\d[\d.]*\x00+<V>\x00+openjdk\x00java\x00`, javaVersion),
        name: 'openjdk',
      },
      mark('\0java\0', raw`\x00java\x00\d[\d.]*\x00+<V>\x00`, javaVersion),
      mark('+', raw`\x00<V>\x00`, raw`\d+\.[\d.]+\+\d+[\w.-]{0,40}`),
    ],
  },
  {
    file: /^(?:erlexec|beam\.smp)$/,
    name: 'erlang',
    marks: [
      mark('/otp_src_', '/otp_src_<V>/erts/', otp),
      mark('/otp-', '/otp-<V>/erts/', otp),
      mark('Erlang/OTP ', raw`\x00<V>\x00+Erlang/OTP `, otp),
      mark('Erlang/OTP ', raw`Erlang/OTP [^\x00]{1,150}\x00+<V>\x00`, otp),
    ],
  },
  {
    file: /^elixir$/,
    name: 'elixir',
    isText: true,
    marks: [mark('ELIXIR_VERSION=', 'ELIXIR_VERSION=<V>', raw`${threeNumbers}(?:-[a-z]+\.?\d*)?`)],
  },
  {
    file: /^elixir\.app$/,
    name: 'elixir',
    isText: true,
    marks: [mark('{vsn,"', raw`\{vsn,"<V>"\}`, raw`${threeNumbers}(?:-[a-z]+\.?\d*)?`)],
  },
  {
    file: /^libjulia(?:-internal)?\.so/,
    name: 'julia',
    marks: [
      mark('\0branch\0', raw`<V>\x00branch\x00`, julia),
      mark('\0verify_methods\0', raw`\x00<V>\x00verify_methods\x00`, julia),
      mark('\0BigInt\0', raw`\x00<V>\x00BigInt\x00`, julia),
      mark('\0julia version ', raw`\x00<V>\x00julia version `, julia),
      mark('\0jl_sysimg_cpu_target', raw`\x00<V>\x00jl_sysimg_cpu_target`, julia),
      mark('\0_require_dependencies\0', raw`\x00<V>\x00_require_dependencies\x00`, julia),
      mark('\0core2', raw`\x00<V>\x00core2`, julia),
    ],
  },
  {
    file: /^dart$/,
    name: 'dart',
    marks: ['stable', 'beta', 'dev'].map((channel) =>
      mark(` (${channel}) (`, raw`\x00<V> \(${channel}\) \(`, raw`${threeNumbers}(?:-[\d.]+\.(?:beta|dev))?`),
    ),
  },
  {
    file: /^go$/,
    name: 'go',
    marks: [mark('go1.', raw`go<V>\x00`, raw`1\.\d+(?:\.\d+|(?:beta|rc)\d+)?`)],
  },
  {
    file: /^libstd-[0-9a-f]{16}\.so$/,
    name: 'rust',
    marks: [mark('(rustc version ', raw`\(rustc version <V> \(`)],
  },
  { file: /^gcc$/, name: 'gcc', marks: [mark('GCC: (GNU) ', raw`GCC: \(GNU\) <V>`)] },
  {
    file: /^ghc(?:-[\d.]+)?$/,
    name: 'ghc',
    namespace: 'haskell',
    marks: [mark('\0GHC ', raw`\x00GHC <V>\x00`), mark('\0libHSghc-', raw`\x00libHSghc-<V>-(?:\w+-)?ghc`)],
  },
  {
    file: /^cabal$/,
    name: 'cabal',
    namespace: 'haskell',
    marks: [
      mark('\0Cabal-', raw`\x00Cabal-<V>-`, raw`${threeNumbers}(?:\.\d+)?`),
      mark('cabal-install-', raw`cabal-install-<V>-\w+\x00`, raw`${threeNumbers}(?:\.\d+)?`),
    ],
  },
  {
    file: /^stack$/,
    name: 'stack',
    namespace: 'haskell',
    marks: [mark('Version ', raw`Version <V>, Git`)],
  },
  { file: /^swipl$/, name: 'swipl', marks: [mark('swipl-', 'swipl-<V>/')] },
];
