/** A registry in a process of its own, for tests that kill it and for the conformance suite: `serve.ts DIRECTORY [OPTIONS-AS-JSON]`. */
import { startRegistry } from '../src/index.ts';

const [directory = '', options = '{}'] = process.argv.slice(2);
const server = await startRegistry({ ...JSON.parse(options), directory });
console.log(server.host);
process.once('SIGTERM', () => void server.close());
