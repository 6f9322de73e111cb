/** What the thread of the database can be asked: for each port one module, whose operations run one after the other in that thread. */

/** One argument and a result, both of which can be sent between threads. */
type Operation = (argument: never) => unknown
type Operations = Readonly<Record<string, Operation>>

export interface Module {
  readonly reads: Operations
  /** Run in a transaction together with others that were asked for meanwhile; one that throws is undone alone. */
  readonly writes: Operations
  /** Such a transaction begins: what was remembered of the tables may have changed. */
  begin?(): void
}

type All<M extends Module> = M['reads'] & M['writes']

/** Asks a module from outside the thread. Rejects with `store-unavailable`. */
export type Ask<M extends Module> = <Name extends keyof All<M> & string>(
  name: Name,
  argument: Parameters<All<M>[Name]>[0],
) => Promise<ReturnType<All<M>[Name]>>
