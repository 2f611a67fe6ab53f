import { setFlagsFromString } from 'node:v8';
import { isLadingError } from '@lading/oci';
import { type Argument, Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Context } from './context.ts';
import { type ExitCode, exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { helpTail, rootHelpTail } from './help.ts';
import { type OptionName, type Options, optionSpecs, outputOptions } from './options.ts';
import { openOutput } from './output.ts';
import { withTimeout } from './timeout.ts';
import { usageError } from './usage.ts';
import type { Verb } from './verb.ts';
import { verbGroups } from './verbs/index.ts';

/** Runs one command line (without `node` and the script's name) and says the exit code. Throws nothing. */
export async function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = buildProgram(context, async (verb, args, options) => {
    exitCode = await runVerb(verb, args, options, context);
  });
  try {
    await program.parseAsync(withoutBooleans(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version have been printed; `lading` and `lading config` alone are requests for help.
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return exitCodes.ok;
    }
    // The options could not be read, so what they say about output is looked for by hand.
    const output = openOutput(context, {
      json: argv.includes('--json'),
      verbose: argv.includes('--verbose'),
      color: !argv.includes('--no-color'),
    });
    return exitCodeOfFailure(
      await output.fail(error instanceof CommanderError ? usageProblem(error, argv) : error),
    );
  }
}

const switches: ReadonlySet<string> = new Set(
  Object.values(optionSpecs).flatMap(({ flags }) =>
    flags.includes('<') ? [] : (/--[\w-]+$/.exec(flags) ?? []),
  ),
);

/** `--switch=true` as `--switch`, and nothing for `--switch=false`: so they are written for programs in Go, cosign among them. */
function withoutBooleans(argv: readonly string[]): string[] {
  return argv.flatMap((arg) => {
    const [, name = '', value] = /^(--[\w-]+)=(true|false)$/.exec(arg) ?? [];
    if (!switches.has(name)) return [arg];
    return value === 'true' ? [name] : [];
  });
}

type Act = (verb: Verb, args: readonly string[], options: Options) => Promise<void>;

/** The command tree of the verbs, as commander's. */
function buildProgram(context: Pick<Context, 'stdout' | 'stderr'>, act: Act): Command {
  const program = new Command('lading')
    .description(
      'Keeps container images equal to their sources: by digest, between any registries, from one config.yaml.',
    )
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    // `sbom` is a command itself: what follows `sbom check` belongs to that.
    .enablePositionalOptions()
    .addHelpText('after', rootHelpTail())
    .helpCommand('help [command]', 'the same as --help')
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stdout.write(text),
      // Errors are shown by runProgram, in lading's own way.
      outputError: () => undefined,
      getOutHelpWidth: () => helpWidth(context),
      // `lading` alone is answered by help, too, which commander takes for an error.
      getErrHelpWidth: () => helpWidth(context),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const { heading, verbs } of verbGroups) {
    program.commandsGroup(heading);
    for (const verb of verbs) {
      const [parent, name] = placeOf(program, verb);
      parent.addCommand(buildCommand(name, verb, act).copyInheritedSettings(parent));
    }
  }
  return program;
}

function helpWidth({ stdout }: Pick<Context, 'stdout'>): number {
  return Math.min(stdout.columns ?? 100, 120);
}

/** Of the first words that several commands share. */
const familySummaries: Readonly<Record<string, string>> = {
  config: 'check, print and describe config.yaml',
  download: 'print what is attached to an image: SBOM, attestations, signatures',
  'signing-config': 'make the file that says which services take part in signing',
  'trusted-root': 'make the file that says whom to trust',
};

/** `config validate` belongs under `config`, which is made when its first verb comes. */
function placeOf(program: Command, verb: Verb): [Command, string] {
  const [first = '', second] = verb.name.split(' ');
  if (second === undefined) return [program, first];
  const known = program.commands.find((command) => command.name() === first);
  if (known) return [known, second];
  const summary = familySummaries[first] ?? verb.summary;
  const parent = program
    .command(first)
    .summary(summary)
    .description(sentence({ summary }))
    .helpOption('-h, --help', 'print this help');
  return [parent, second];
}

function buildCommand(name: string, verb: Verb, act: Act): Command {
  const command = new Command(name)
    .aliases(verb.aliases ?? [])
    .summary(verb.summary)
    .description(sentence(verb))
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', helpTail(verb));
  for (const [notation, description] of Object.entries(verb.arguments ?? {})) {
    command.argument(notation, description);
  }
  for (const option of [...verb.options, ...outputOptions]) command.addOption(buildOption(option));
  return command.action(async (...received: unknown[]) => {
    const args = received
      .slice(0, -2)
      .flat()
      .filter((arg) => arg !== undefined) as string[];
    await act(verb, args, command.opts() as Options);
  });
}

function sentence(verb: Pick<Verb, 'summary' | 'description'>): string {
  const summary = `${verb.summary[0]?.toUpperCase()}${verb.summary.slice(1)}.`;
  return verb.description === undefined ? summary : `${summary}\n\n${verb.description}`;
}

function buildOption(name: OptionName): Option {
  const { flags, description, parse, choices } = optionSpecs[name];
  const option = new Option(flags, description);
  // Two commands may write different things alike: -o is a file for most of them, and a format for sbom.
  option.attributeName = () => name;
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) option.argParser((text, previous) => parsed(flags, () => parse(text, previous)));
  return option;
}

function parsed<T>(flags: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isLadingError(error)) throw error;
    throw usageError(`${flags}: ${error.message}`, error.hint, error);
  }
}

async function runVerb(
  verb: Verb,
  args: readonly string[],
  options: Options,
  processContext: Context,
): Promise<ExitCode> {
  const output = openOutput(processContext, options);
  using context = withTimeout(processContext, options.timeout);
  try {
    const { run } = await verb.load();
    keepHeapSmall();
    return await run({ args, options, context, output });
  } catch (error) {
    if (isLadingError(error) && error.code === 'ERR_LADING_OUTPUT_CLOSED') return exitCodes.ok;
    return exitCodeOfFailure(await output.fail(error));
  }
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Commander's error in lading's words: what is wrong, and the nearest right thing or where to look. */
function usageProblem(error: CommanderError, argv: readonly string[]): Error {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const verb =
    error.code === 'commander.unknownCommand' ? [] : argv.filter((arg) => /^[a-z]/.test(arg)).slice(0, 1);
  const hint =
    suggestion?.replace(/^\(|\)$/g, '') ?? `${['lading', ...verb, '--help'].join(' ')} shows what there is.`;
  return usageError(message, hint);
}

/**
 * What streams by leaves garbage outside of V8's heap, which is looked at when its nursery is full. One that does not grow is full often: a layer of
 * 250 MB then costs 20 MB less at its peak. The heap may grow by one and a half of itself before it is looked through. Both cost little time, and the
 * code of commands, which is loaded by now, none. Node 22, 24 and 26 have the flags.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=150');
}
