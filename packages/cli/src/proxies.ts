import { environmentProxies } from '@lading/registry/node';
import { Agent, Dispatcher, ProxyAgent } from 'undici';
import type { Context } from './context.ts';

/** Connections through the proxies that the environment names, by the same rules as those to registries. */
export function openProxies(env: Context['env']): Dispatcher {
  return new Proxies(environmentProxies(env));
}

class Proxies extends Dispatcher {
  readonly #proxyFor: (url: URL) => string | undefined;
  /** By the proxy; those without one under nothing. */
  readonly #agents = new Map<string | undefined, Dispatcher>();

  constructor(proxyFor: (url: URL) => string | undefined) {
    super();
    this.#proxyFor = proxyFor;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#agentFor(this.#proxyFor(new URL(String(options.origin)))).dispatch(options, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  override async destroy(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #agentFor(proxy: string | undefined): Dispatcher {
    const agent = this.#agents.get(proxy) ?? (proxy === undefined ? new Agent() : new ProxyAgent(proxy));
    this.#agents.set(proxy, agent);
    return agent;
  }
}
