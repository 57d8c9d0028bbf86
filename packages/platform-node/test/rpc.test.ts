/**
 * Failures that a service sends to its clients: @effect/rpc, over HTTP.
 */
import { Mmio, MmioError, Wave } from "@effect-mmio/core"
import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { HttpRouter } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "@effect/rpc"
import { assert, it } from "@effect/vitest"
import { Effect, Either, Layer, Schema } from "effect"

const sent = [
  new MmioError.CannotWrite({
    operation: "Mmio.flush",
    file: "take.wav",
    description: "the disk is full",
    errno: "ENOSPC",
    written: 7,
    cause: new TypeError("write failed")
  }),
  new MmioError.ChunkNotFound({
    operation: "Riff.find",
    file: "take.wav",
    description: "there is no bext",
    sought: "bext",
    searchedTo: 44
  }),
  new MmioError.SharingViolation({ operation: "Mmio.open", file: "take.wav", description: "it is in use" })
]

class Files extends RpcGroup.make(
  Rpc.make("fail", { payload: { index: Schema.Number }, error: MmioErrorSchema.MmioError }),
  Rpc.make("decode", { error: Schema.Union(MmioErrorSchema.MalformedChunk, MmioErrorSchema.MmioError) }),
  Rpc.make("size", { payload: { name: Schema.String }, success: Schema.Number, error: MmioErrorSchema.MmioError })
) {}

const malformed = new Wave.MalformedChunk({ chunk: "fact", offset: 3, description: "it is too short" })

const handlers = Files.toLayer({
  fail: ({ index }) => Effect.fail(sent[index] ?? sent[0]!),
  decode: () => Effect.fail(malformed),
  size: ({ name }) => Mmio.withFile(name, {}, (file) => Mmio.seek(file, 0, "end"))
})

const server = HttpRouter.Default.serve().pipe(
  Layer.provide(RpcServer.layer(Files)),
  Layer.provide(handlers),
  Layer.provide(RpcServer.layerProtocolHttp({ path: "/" }))
)

const client = RpcClient.layerProtocolHttp({ url: "" })

it.effect("a client of @effect/rpc gets the error that the service failed with, of the same class and fields", () =>
  Effect.gen(function*() {
    const files = yield* RpcClient.make(Files)
    for (const [index, error] of sent.entries()) {
      const arrived = yield* Effect.flip(files.fail({ index }))
      assert.strictEqual(arrived._tag, error._tag)
      assert.isTrue(MmioError.isMmioError(arrived))
      assert.strictEqual(arrived.constructor, error.constructor)
      assert.deepInclude({ ...arrived, cause: undefined }, { ...error, cause: undefined })
      assert.strictEqual(arrived.message, error.message)
    }
    const full = yield* files.fail({ index: 0 }).pipe(
      Effect.as("written"),
      Effect.catchTag(
        "CannotWrite",
        ({ cause, errno, written }) => Effect.succeed([errno, written, cause instanceof Error && cause.message])
      )
    )
    assert.deepStrictEqual(full, ["ENOSPC", 7, "write failed"])
    const decoded = yield* Effect.flip(files.decode())
    assert.instanceOf(decoded, Wave.MalformedChunk)
    assert.strictEqual(decoded.message, malformed.message)
    const missing = yield* Effect.either(files.size({ name: "/no/such/take.wav" }))
    assert.isTrue(Either.isLeft(missing) && missing.left._tag === "PathNotFound")
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.provideMerge(server, client).pipe(
        Layer.provide([NodeHttpServer.layerTest, RpcSerialization.layerJson, NodeIOProc.layer])
      )
    )
  ))
