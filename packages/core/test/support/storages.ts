/**
 * Storages around storages for the tests of middleware, and what a storage has.
 */
import { FileName, IOProc, MmioError } from "@effect-mmio/core"
import { Chunk, Effect, Either, Stream } from "effect"

/** A request to open a file. */
export const request = (name: string, options: Partial<IOProc.OpenRequest> = {}): IOProc.OpenRequest =>
  IOProc.openRequest(name, { share: "denyNone", ...options })

/** All bytes of a file. */
export const contentOf = (driver: IOProc.IOProc, name: string) =>
  Effect.acquireUseRelease(
    driver.open(request(name)),
    (file) =>
      Effect.gen(function*() {
        const bytes: Array<number> = []
        const target = new Uint8Array(64)
        for (;;) {
          const count = yield* file.readAt(bytes.length, target)
          if (count === 0) return bytes
          bytes.push(...target.subarray(0, count))
        }
      }),
    (file) => Effect.ignore(file.close)
  )

/** Everything that a storage shows, by its path: the bytes of files, and `"folder"`. */
export const treeOf = (
  driver: IOProc.IOProc,
  folder = ""
): Effect.Effect<
  Record<string, ReadonlyArray<number> | "folder">,
  MmioError.ListError | MmioError.OpenError | MmioError.ReadError
> =>
  Effect.gen(function*() {
    const entries = Chunk.toReadonlyArray(yield* Stream.runCollect(driver.list(FileName.plain(folder))))
    const tree: Record<string, ReadonlyArray<number> | "folder"> = {}
    for (const { kind, name } of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const path = folder === "" ? name : `${folder}/${name}`
      if (path in tree) throw new Error(`${path} is listed twice`)
      tree[path] = kind === "folder" ? "folder" : yield* contentOf(driver, path)
      if (kind === "folder") Object.assign(tree, yield* treeOf(driver, path))
    }
    return tree
  })

/** What comes of a call: its value, or the tag of its failure. */
export const outcomeOf = <A, E extends MmioError.MmioError>(call: Effect.Effect<A, E>): Effect.Effect<A | E["_tag"]> =>
  Effect.map(Effect.either(call), Either.match({ onLeft: ({ _tag }) => _tag, onRight: (value) => value }))

/** Goes around every call of a storage and of its files. */
interface Around {
  <A, E>(call: Effect.Effect<A, E>, operation: string): Effect.Effect<A, E | MmioError.NetworkError>
}

/** A storage each of whose calls goes through a function. */
const aroundCalls = (inner: IOProc.IOProc, around: Around): IOProc.IOProc => ({
  ...inner,
  open: (request) =>
    Effect.map(around(inner.open(request), "open"), (file): IOProc.File => {
      const { truncate, writeAt } = file
      return {
        ...file,
        size: around(file.size, "size"),
        readAt: (position, target) => around(file.readAt(position, target), "readAt"),
        writeAt: writeAt && ((position, source, mode) => around(writeAt(position, source, mode), "writeAt")),
        truncate: truncate && ((size) => around(truncate(size), "truncate")),
        // A file that cannot be closed is released all the same.
        close: Effect.tapError(around(file.close, "close"), () => file.abort)
      }
    }),
  rename: (from, to) => around(inner.rename(from, to), "rename"),
  remove: (name) => around(inner.remove(name), "remove"),
  exists: (name) => around(inner.exists(name), "exists"),
  tempName: (request) => around(inner.tempName(request), "tempName"),
  stat: (name) => around(inner.stat(name), "stat"),
  makeFolder: (name) => around(inner.makeFolder(name), "makeFolder"),
  removeFolder: (name) => around(inner.removeFolder(name), "removeFolder"),
  list: (folder) => Stream.unwrap(around(Effect.succeed(inner.list(folder)), "list"))
})

/** Other fibers go on before each call of the storage, so many times in turn. */
export const yielding = (inner: IOProc.IOProc, times: ReadonlyArray<number> = [1]): IOProc.IOProc => {
  let calls = 0
  return aroundCalls(inner, (call) =>
    Effect.suspend(() => {
      const yields = Array.from({ length: times[calls++ % times.length] ?? 0 }, () => Effect.yieldNow())
      return Effect.zipRight(Effect.all(yields, { discard: true }), call)
    }))
}

/** The failure of {@link failingAt}. */
const lineDown = new MmioError.NetworkError({ operation: "test", file: "a", description: "the line is down" })

/**
 * A storage one of whose calls fails, and does nothing: the one with this number, counted from when `begin` is called.
 */
export const failingAt = (inner: IOProc.IOProc, number: number) => {
  const state = { calls: 0, active: false, failed: "" }
  const driver = aroundCalls(
    inner,
    <A, E>(call: Effect.Effect<A, E>, operation: string) =>
      Effect.suspend((): Effect.Effect<A, E | MmioError.NetworkError> => {
        if (!state.active || state.calls++ !== number) return call
        state.failed = operation
        return Effect.fail(lineDown)
      })
  )
  return {
    driver,
    state,
    begin: Effect.sync(() => void (state.active = true)),
    end: Effect.sync(() => void (state.active = false))
  }
}
