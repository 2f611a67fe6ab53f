import { writeFile } from 'node:fs/promises';
import { pathFrom } from './path-from.ts';
import { usageError } from './usage.ts';
import type { Invocation } from './verb.ts';

/** Gives out a JSON document: to the file that is named, else as the result. With `--json` it stands in lading's own document, by `name`. */
export async function writeDocument(
  { options, context, output }: Pick<Invocation, 'options' | 'context' | 'output'>,
  name: string,
  json: string,
): Promise<void> {
  const file = options.output ?? options.out;
  const content: unknown = JSON.parse(json);
  const text = JSON.stringify(content, null, 2);
  output.document({ [name]: content, ...(file !== undefined && { file }) });
  if (file === undefined) {
    output.result(text);
    return;
  }
  try {
    await writeFile(pathFrom(context.cwd, file), `${text}\n`, { signal: context.signal });
  } catch (cause) {
    context.signal.throwIfAborted();
    throw usageError(
      `${file} cannot be written`,
      'Name a file in a folder that is there, with --output.',
      cause,
    );
  }
  output.say(`${output.paint('good', '✓')} ${file}`);
}
