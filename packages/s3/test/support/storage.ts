/** A store and the storage over it, for tests that look at both. */
import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { HttpClient } from "@effect/platform"
import { Effect, Fiber, TestClock, TestServices } from "effect"
import { account, bucketOptions } from "./contract.js"
import { clientOf } from "./fake/client.js"
import { FakeS3, type Options } from "./fake/s3.js"

/** Bytes that do not repeat with any power of two. */
export const pattern = (length: number, seed = 3): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251) * 13 + seed) & 0xff)

export const text = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A storage over a store, whose conditions are known unless the options say otherwise. */
const storageOver = (store: FakeS3, options: Partial<S3IOProc.Options> = {}) =>
  Effect.provideService(
    S3IOProc.make({ ...bucketOptions, conditions: S3Conditions.all, ...options }),
    HttpClient.HttpClient,
    clientOf(store)
  )

export const setUp = (storeOptions: Options = {}, options: Partial<S3IOProc.Options> = {}) =>
  Effect.gen(function*() {
    // The store has the clock of the test.
    const clock = yield* Effect.clock
    const store = new FakeS3({ account, now: () => clock.unsafeCurrentTimeMillis(), ...storeOptions })
    return { store, storage: yield* storageOver(store, options) }
  })

/** All bytes of a file. */
export const contents = (storage: IOProc.IOProc, name: string) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.openWith(storage, FileName.plain(name))
    const size = yield* Mmio.seek(file, 0, "end")
    yield* Mmio.seek(file, 0)
    return yield* Mmio.read(file, size)
  }))

/** Writes a file as a whole; the failure of its commit is typed. */
export const save = (storage: IOProc.IOProc, name: string, bytes: Uint8Array, create: boolean | "new" = true) =>
  Effect.provideService(
    Mmio.withFile(FileName.plain(name), { access: "write", create }, Mmio.writeAll(bytes)),
    IOProc.IOProc,
    storage
  )

/** Writes over some bytes of a file that exists. */
export const change = (storage: IOProc.IOProc, name: string, position: number, bytes: Uint8Array) =>
  Effect.provideService(
    Mmio.withFile(
      FileName.plain(name),
      { access: "write" },
      (file) => Effect.zipRight(Mmio.seek(file, position), Mmio.writeAll(file, bytes))
    ),
    IOProc.IOProc,
    storage
  )

/** What an object holds, without asking the storage. */
export const held = (store: FakeS3, key: string): Uint8Array | undefined => {
  const content = store.bucket.find(key)?.content
  return content?.bytes(0, content.size)
}

/**
 * Runs an effect that waits, while time goes by: in steps far shorter than the time that there is for a request, since
 * signatures are made outside of the runtime.
 */
export const whileTimeGoesBy = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.poll(fiber))._tag === "None") {
      yield* TestServices.provideLive(Effect.sleep("1 millis"))
      yield* TestClock.adjust("100 millis")
    }
    return yield* Fiber.join(fiber)
  })
