/** One way to authenticate that a server offers (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** `name=value` or `name="value"`; and else a word that starts a challenge, with its token68 if it has one. */
const parameter = new RegExp(`\\s*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))\\s*(?=,|$)`, 'y');
const schemeStart = new RegExp(`\\s*(${token})(?:\\s+[A-Za-z0-9._~+/-]+=*\\s*(?=,|$))?(?=\\s|,|$)`, 'y');

/** Reads `WWW-Authenticate` headers: several challenges in one header or in many, quoted commas and escapes included. */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap(parseHeader);
}

function parseHeader(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let position = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  while (position < header.length) {
    const current = challenges.at(-1);
    const found = current === undefined ? null : next(parameter);
    if (found !== null) {
      current!.parameters[found[1]!.toLowerCase()] = found[2]?.replace(/\\(.)/g, '$1') ?? found[3]!;
      continue;
    }
    const start = next(schemeStart);
    if (start !== null) challenges.push({ scheme: start[1]!.toLowerCase(), parameters: {} });
    else position++;
  }
  return challenges;
}
