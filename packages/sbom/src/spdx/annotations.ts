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
  const sorted = sortedFacts(facts);
  const own = sorted.filter(([name]) => !name.startsWith(trivyPrefix) && !redundant.test(name));
  const comments = sorted
    .filter(([name]) => name.startsWith(trivyPrefix))
    .map(([name, value]) => `${name.slice(trivyPrefix.length)}: ${value}`);
  if (own.length > 0) comments.push(factsPrefix + JSON.stringify(own));
  return comments.map((comment) => ({
    annotationDate: annotator.created,
    annotationType: 'OTHER',
    annotator: `Tool: ${annotator.tool.name}-${annotator.tool.version}`,
    comment,
  }));
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
  const [, name, value] = /^([A-Za-z]{1,40}): (.*)$/s.exec(comment) ?? [];
  return name === undefined || value === undefined ? [] : [[trivyPrefix + name, value]];
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
