import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as Api from "../LibsqlConnection.js"

type Execute = (...statement: ReadonlyArray<unknown>) => Promise<unknown>

/** What runs outside of transactions, one call at a time. */
const calls = new Set<PropertyKey>(["execute", "batch", "migrate", "executeMultiple"])

/** A transaction that did not begin: its first statement says why, and there is nothing to end. */
const failed = (error: unknown): Api.Transaction => ({
  execute: () => Promise.reject(error),
  commit: () => Promise.reject(error),
  rollback: () => Promise.resolve(),
  close: () => {},
  closed: true
})

/**
 * A statement that found the database locked stays in progress, as far as SQLite can tell: no transaction of the same
 * connection can be committed then.
 */
const isBusy = (error: unknown): boolean =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(error.code)

const oneConnection = <C extends Api.Client>(open: () => C): C => {
  let client = open()
  if (client.protocol !== "file") return client
  let isStuck = false
  // `execute` takes what its type says in full, which is a statement, or text and its arguments.
  const execute: Execute = async (...statement) => {
    try {
      return await (client.execute as Execute)(...statement)
    } catch (error) {
      isStuck ||= isBusy(error)
      throw error
    }
  }
  /** Ends with the call or the transaction that is the last so far. */
  let last: Promise<void> = Promise.resolve()

  /** Waits for all that came before; what is returned lets the next one begin. */
  const turn = async (): Promise<() => void> => {
    const before = last
    let end = () => {}
    last = new Promise((resolve) => {
      end = resolve
    })
    await before
    try {
      if (isStuck) {
        client.close()
        client = open()
        isStuck = false
      }
    } catch (error) {
      end()
      throw error
    }
    return end
  }

  const transaction = async (): Promise<Api.Transaction> => {
    const end = await turn()
    try {
      await execute("BEGIN IMMEDIATE")
    } catch (error) {
      end()
      return failed(error)
    }
    let closed = false
    const ending = async (statement: string) => {
      if (closed) return
      try {
        await execute(statement)
      } catch (error) {
        // SQLite itself rolls back after some failures, and then there is nothing left to roll back.
        await execute("ROLLBACK").catch(() => {})
        if (statement === "COMMIT") throw error
      } finally {
        closed = true
        end()
      }
    }
    return {
      execute: (...statement: ReadonlyArray<unknown>) =>
        closed ? Promise.reject(new Error("the transaction has ended")) : execute(...statement),
      commit: () => ending("COMMIT"),
      rollback: () => ending("ROLLBACK"),
      close: () => void ending("ROLLBACK"),
      get closed() {
        return closed
      }
    }
  }

  return new Proxy(client, {
    get: (_, key) => {
      if (key === "transaction") return () => transaction().catch(failed)
      const value: unknown = Reflect.get(client, key, client)
      if (typeof value !== "function") return value
      return calls.has(key)
        ? async (...parameters: ReadonlyArray<unknown>) => {
          const end = await turn()
          try {
            return await (key === "execute" ? execute(...parameters) : Reflect.apply(value, client, parameters))
          } catch (error) {
            isStuck ||= isBusy(error)
            throw error
          } finally {
            end()
          }
        }
        : value.bind(client)
    }
  })
}

/** @internal */
export const make = <C extends Api.Client>(
  open: () => C
): Effect.Effect<C, MmioError.CannotOpen, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => oneConnection(open),
      catch: (cause) =>
        new MmioError.CannotOpen({
          operation: "LibsqlConnection.make",
          file: "a database",
          description: cause instanceof Error && cause.message !== "" ? cause.message : "the client could not be made",
          cause
        })
    }),
    (client) => Effect.sync(() => client.close())
  )
