import { type Fact, sortedFacts, trivyPrefix } from '../formats/facts.ts';
import type { Tool } from '../formats/options.ts';
import { type JsonObject, listOf, objectsOf, textOf } from '../formats/values.ts';

/** In front of the annotation that holds, as a JSON list of names and values, what only lading reads. */
const factsPrefix = 'lading:facts: ';

/** What syft reads in CycloneDX and not here, where lading's own evidence says the same. */
const redundant = /^syft:(?:location:\d+:|package:(?:foundBy|type)$)/;

/** Who annotates, and when: the same for all of a document. */
export interface Annotator {
  readonly tool: Tool;
  readonly created: string;
}

/** Facts as annotations: each of trivy's one of its own, under the name by which trivy looks for it; all others together in one. */
export function annotationsOf(facts: readonly Fact[], annotator: Annotator): unknown {
  const comments: string[] = [];
  const own: string[][] = [];
  for (const [name, value] of sortedFacts(facts)) {
    const trivyName = name.startsWith(trivyPrefix) ? name.slice(trivyPrefix.length) : '';
    if (isTrivyName(trivyName)) comments.push(`${trivyName}: ${value}`);
    // JSON escapes halves of surrogate pairs, which then are no text in the end.
    else if (!redundant.test(name)) own.push([name.toWellFormed(), value.toWellFormed()]);
  }
  if (own.length > 0) comments.push(factsComment(JSON.stringify(own)));
  return comments.map((comment) => ({
    annotationDate: annotator.created,
    annotationType: 'OTHER',
    annotator: `Tool: ${annotator.tool.name}-${annotator.tool.version}`,
    comment,
  }));
}

/** The comment that holds facts. */
export function factsComment(json: string): string {
  return factsPrefix + json;
}

function isTrivyName(name: string): boolean {
  return /^[A-Za-z]{1,40}$/.test(name);
}

/** The facts in the annotations of an element: lading's own, and those that trivy writes as `Name: value`, in its older versions as attribution. */
export function factsOfElement(element: JsonObject): Fact[] {
  const comments = [
    ...objectsOf(element.annotations)
      .filter(({ annotator }) => textOf(annotator)?.startsWith('Tool: ') === true)
      .map(({ comment }) => comment),
    ...listOf(element.attributionTexts),
  ];
  return comments.flatMap((comment) => (typeof comment === 'string' ? factsOfComment(comment) : []));
}

function factsOfComment(comment: string): Fact[] {
  if (comment.startsWith(factsPrefix)) return factsOfJson(comment.slice(factsPrefix.length));
  const colon = comment.indexOf(': ');
  const name = comment.slice(0, Math.max(colon, 0));
  return isTrivyName(name) ? [[trivyPrefix + name, comment.slice(colon + 2)]] : [];
}

function factsOfJson(text: string): Fact[] {
  try {
    return listOf(JSON.parse(text)).flatMap((pair): Fact[] => {
      const [name, value] = listOf(pair);
      return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [];
    });
  } catch {
    // Somebody else's words that begin as lading's do.
    return [];
  }
}
