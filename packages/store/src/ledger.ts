/** What the copies of one run know of each other's work. */
export interface TransferLedger {
  readonly hosts: ReadonlyMap<string, unknown>;
}
