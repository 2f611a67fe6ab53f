/** The versions of CycloneDX that are written. */
export type CycloneDxVersion = '1.4' | '1.5' | '1.6' | '1.7';

/** What is written of CycloneDX (ECMA-424), as its JSON has it. Fields stand in the order that its XML wants. */
export interface Component {
  readonly type: string;
  readonly 'bom-ref'?: string | undefined;
  readonly supplier?: Organization | undefined;
  readonly publisher?: string | undefined;
  readonly group?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[] | undefined;
  readonly licenses?: readonly LicenseChoice[] | undefined;
  readonly purl?: string | undefined;
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[] | undefined;
  readonly properties?: readonly Property[] | undefined;
  readonly evidence?: ComponentEvidence | undefined;
}

export interface Organization {
  readonly name?: string | undefined;
  readonly contact?: readonly Contact[] | undefined;
}

export interface Contact {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

export type LicenseChoice =
  | { readonly expression: string; readonly acknowledgement?: 'declared' | undefined }
  | {
      readonly license: {
        readonly id?: string | undefined;
        readonly name?: string | undefined;
        readonly acknowledgement?: 'declared' | undefined;
      };
    };

export interface Property {
  readonly name: string;
  readonly value: string;
}

export interface ComponentEvidence {
  /** A list since 1.6. */
  readonly identity: IdentityEvidence | readonly [IdentityEvidence];
  readonly occurrences: readonly { readonly location: string }[];
}

export interface IdentityEvidence {
  readonly field: 'purl';
  readonly confidence: number;
  readonly methods: readonly {
    readonly technique: 'binary-analysis' | 'manifest-analysis';
    readonly confidence: number;
    readonly value: string;
  }[];
}

export interface Metadata {
  readonly timestamp?: string | undefined;
  readonly lifecycles?: readonly { readonly phase: string }[] | undefined;
  readonly tools:
    | readonly { readonly vendor?: string | undefined; readonly name: string; readonly version: string }[]
    | { readonly components: readonly Component[] };
  readonly authors?: readonly Contact[] | undefined;
  readonly component: Component;
}

/** A component and all that it needs. */
export interface DependencyLine {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

export interface Composition {
  readonly aggregate: 'complete' | 'incomplete' | 'unknown';
  readonly assemblies: readonly string[];
  readonly dependencies: readonly string[];
}
