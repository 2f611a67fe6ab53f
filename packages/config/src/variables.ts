import type { ConfigPath } from './issue.ts';

/** What `parseConfig` knows of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Something wrong with the variables of one text. */
export interface VariableProblem {
  /** The piece of the text that is wrong, as it stands there. */
  readonly piece: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

const pattern = /\$\$\{|\$\{([^}]*)(\}?)/g;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretPattern = /KEY|TOKEN|PASSWORD|SECRET/i;

/**
 * Fills in `${NAME}`; `$${` stands for `${` itself.
 *
 * A variable whose name looks secret is taken only where the value cannot print: in `registries.HOST.password`.
 */
export function substitute(
  text: string,
  path: ConfigPath,
  env: Environment,
  onProblem: (problem: VariableProblem) => void,
): string {
  if (!text.includes('${')) return text;
  return text.replace(pattern, (piece: string, name: string | undefined, close: string) => {
    if (name === undefined) return '${';
    const problem = problemOf(name, close, path, env);
    if (problem !== undefined) onProblem({ piece, ...problem });
    return env[name] ?? '';
  });
}

function problemOf(
  name: string,
  close: string,
  path: ConfigPath,
  env: Environment,
): Omit<VariableProblem, 'piece'> | undefined {
  if (close === '') return { message: '"${" without "}"', hint: 'write "$${" for the characters themselves' };
  if (!namePattern.test(name)) {
    return {
      message: `"${name}" is not the name of a variable`,
      hint: 'write "$${" for the characters themselves',
    };
  }
  if (secretPattern.test(name) && !mayHoldSecret(path)) {
    return {
      message: `the secret-looking variable ${name} may only be used as a registry's password`,
      hint: 'take it under registries.HOST.password, or rename it when it is no secret',
    };
  }
  if (!Object.hasOwn(env, name) || env[name] === undefined) {
    return {
      message: `the environment variable ${name} is not set`,
      hint: 'set it, or write "$${" for the characters themselves',
    };
  }
  return undefined;
}

function mayHoldSecret(path: ConfigPath): boolean {
  return path.length === 3 && path[0] === 'registries' && path[2] === 'password';
}
