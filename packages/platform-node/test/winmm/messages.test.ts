/** What the pages of the seven messages say, and what a procedure of this library hears. */
import { FileName, IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option } from "effect"
import { text } from "../helpers.js"
import { latin1 } from "../support/storages.js"

interface Open {
  bytes: Uint8Array
  position: number
}

type Message = IOProc.IOMessage<Open>

/** What a test has the procedure answer instead, and what it heard. */
interface Options {
  readonly content?: string
  readonly start?: number
  readonly recognises?: (message: Message) => boolean
  readonly short?: number
}

/** A procedure over bytes, and the messages that it got. */
const procedure = ({ content = "abcdef", recognises = () => true, short = 1e9, start = 0 }: Options = {}) => {
  const heard: Array<string> = []
  const requests: Array<IOProc.OpenRequest> = []
  const file: Open = { bytes: text(content), position: 0 }
  const ioProc = IOProc.fromProcedure<Open>((message) => {
    switch (message._tag) {
      case "Open":
        heard.push("Open")
        requests.push(message.request)
        file.position = start
        return Option.some(
          start === 0
            ? message.reply(Effect.succeed(file))
            : message.replyAt(Effect.succeed({ file, diskOffset: start }))
        )
      case "Close":
        heard.push("Close")
        return recognises(message) ? Option.some(message.reply(Effect.void)) : Option.none()
      case "Read": {
        heard.push(`Read ${message.target.length}`)
        const part = file.bytes.subarray(file.position, file.position + Math.min(short, message.target.length))
        message.target.set(part)
        file.position += part.length
        return Option.some(message.reply(Effect.succeed(part.length)))
      }
      case "Write":
      case "WriteFlush": {
        heard.push(`${message._tag} ${latin1(message.source)}`)
        if (!recognises(message)) return Option.none()
        const part = message.source.subarray(0, short)
        const bytes = new Uint8Array(Math.max(file.bytes.length, file.position + part.length))
        bytes.set(file.bytes)
        bytes.set(part, file.position)
        file.bytes = bytes
        file.position += part.length
        return Option.some(message.reply(Effect.succeed(part.length)))
      }
      case "Seek":
        heard.push(`Seek ${message.offset} ${message.from}`)
        if (!recognises(message)) return Option.none()
        file.position = message.offset
          + (message.from === "start" ? 0 : message.from === "current" ? file.position : file.bytes.length)
        return Option.some(message.reply(Effect.succeed(file.position)))
      case "Rename":
        heard.push(`Rename ${message.from.full} ${message.to.full}`)
        return recognises(message) ? Option.some(message.reply(Effect.void)) : Option.none()
      case "Exist":
        heard.push(`Exist ${message.name.full}`)
        return Option.some(message.reply(Effect.succeed(true)))
      case "Delete":
        heard.push(`Delete ${message.name.full}`)
        return Option.some(message.reply(Effect.void))
      case "Parse":
        heard.push(`Parse ${message.name.full}`)
        return Option.some(message.reply(Effect.succeed(FileName.plain(`/${message.name.full}`))))
      case "GetTemp":
        heard.push(`GetTemp ${message.request.prefix}`)
        return Option.some(message.reply(Effect.succeed(FileName.plain("temp"))))
      case "User":
        return Option.none()
    }
  })
  return { ioProc, heard, requests, layer: Layer.succeed(IOProc.IOProc, ioProc), content: () => latin1(file.bytes) }
}

describe("MMIOM_OPEN", () => {
  it.scoped("carries the name and what the flags of mmioOpen say", () =>
    Effect.gen(function*() {
      const { ioProc, requests } = procedure()
      const parameters = { channel: 3 }
      yield* Mmio.openWith(ioProc, "one.xyz+two", {
        access: "readWrite",
        create: true,
        share: "denyRead",
        buffer: "none",
        parameters
      })
      const [request] = requests
      strictEqual(request?.name.full, "one.xyz+two")
      assert.deepInclude(request, {
        access: "readWrite",
        create: "truncate",
        share: "denyRead",
        buffered: false,
        parameters
      })
      assert.deepStrictEqual(Option.getOrThrow(request?.code ?? Option.none()), "XYZ ")
    }))

  it.scoped("lDiskOffset is 0, unless the procedure corrects it: then the handle starts there", () =>
    Effect.gen(function*() {
      strictEqual(yield* Mmio.position(yield* Mmio.openWith(procedure().ioProc, "f")), 0)
      const appending = procedure({ start: 6 })
      const file = yield* Mmio.openWith(appending.ioProc, "f", { access: "readWrite" })
      strictEqual(yield* Mmio.position(file), 6)
      strictEqual((yield* Mmio.getInfo(file)).diskOffset, 6)
      yield* Mmio.write(file, text("X"))
      yield* Mmio.flush(file)
      strictEqual(appending.content(), "abcdefX")
      yield* Mmio.seek(file, 0)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "abcdefX")
    }))

  it.scoped("its failure is that of mmioOpen, with the name and the call in it", () =>
    Effect.gen(function*() {
      const failing = IOProc.fromProcedure<Open>((message) =>
        message._tag === "Open"
          ? Option.some(message.reply(
            new MmioError.OutOfMemory({ operation: "mine", file: "mine", description: "there is not enough of it" })
          ))
          : Option.none()
      )
      const error = yield* Effect.flip(Mmio.openWith(failing, "f"))
      strictEqual(error.message, "Mmio.openWith f: there is not enough of it")
    }))

  it.scoped("asks for deleting, existence, full and temporary names too; here these are messages of their own", () => {
    const { heard, layer } = procedure()
    return Effect.gen(function*() {
      assert.isTrue(yield* Mmio.exists("f"))
      yield* Mmio.remove("f")
      strictEqual((yield* Mmio.fullName("f")).full, "/f")
      strictEqual((yield* Mmio.tempName({ prefix: "C" })).full, "temp")
      assert.deepStrictEqual(heard, ["Exist f", "Delete f", "Parse f", "GetTemp C"])
    }).pipe(Effect.provide(layer))
  })
})

describe("MMIOM_CLOSE", () => {
  it.effect("comes once, after the last write", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(ioProc, "f", { access: "write" })
        yield* Mmio.write(file, text("X"))
        yield* Mmio.close(file)
      }))
      assert.deepStrictEqual(heard, ["Open", "WriteFlush X", "Close"])
    }))

  it.effect("that is not recognised is a success", () =>
    Effect.scoped(Effect.gen(function*() {
      const { ioProc } = procedure({ recognises: ({ _tag }) => _tag !== "Close" })
      yield* Mmio.close(yield* Mmio.openWith(ioProc, "f"))
    })))
})

describe("MMIOM_READ", () => {
  it.scoped("gives how many bytes it read; the handle asks again after a short read, and 0 is the end of the file", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure({ short: 4 })
      const file = yield* Mmio.openWith(ioProc, "f", { buffer: "none" })
      strictEqual(latin1(yield* Mmio.read(file, 10)), "abcdef")
      assert.deepStrictEqual(heard, ["Open", "Read 10", "Read 6", "Read 4"])
    }))

  it.scoped("moves the cursor by that: what follows in sequence needs no MMIOM_SEEK", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f", { buffer: 2 })
      for (let i = 0; i < 6; i++) yield* Mmio.read(file, 1)
      assert.deepStrictEqual(heard, ["Open", "Read 2", "Read 2", "Read 2"])
    }))
})

describe("MMIOM_WRITE", () => {
  it.scoped("gives how many bytes it wrote, and moves the cursor by that; the handle sends the rest again", () =>
    Effect.gen(function*() {
      const { content, heard, ioProc } = procedure({ short: 3 })
      const file = yield* Mmio.openWith(ioProc, "f", { access: "write", buffer: "none" })
      strictEqual(yield* Mmio.write(file, text("1234567")), 7)
      assert.deepStrictEqual(heard, ["Open", "Write 1234567", "Write 4567", "Write 7"])
      strictEqual(content(), "1234567")
    }))

  it.scoped("comes when the buffer is full, or is not there", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f", { access: "write", buffer: 2 })
      for (const byte of "123") yield* Mmio.write(file, text(byte))
      assert.deepStrictEqual(heard, ["Open", "Write 12"])
    }))
})

describe("MMIOM_WRITEFLUSH", () => {
  it.scoped("is a write that also pushes down what the procedure holds, for mmioFlush", () =>
    Effect.gen(function*() {
      const { content, heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f", { access: "write" })
      yield* Mmio.write(file, text("12"))
      yield* Mmio.flush(file)
      assert.deepStrictEqual(heard, ["Open", "WriteFlush 12"])
      strictEqual(content(), "12cdef")
    }))

  it.scoped("comes without bytes where all are written already, and not where none were", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f", { access: "write", buffer: "none" })
      yield* Mmio.flush(file)
      yield* Mmio.write(file, text("12"))
      yield* Mmio.flush(file)
      yield* Mmio.flush(file)
      assert.deepStrictEqual(heard, ["Open", "Write 12", "WriteFlush "])
    }))

  it.scoped("may be left to MMIOM_WRITE by a procedure that holds nothing itself", () =>
    Effect.gen(function*() {
      const { content, heard, ioProc } = procedure({ recognises: ({ _tag }) => _tag !== "WriteFlush" })
      const file = yield* Mmio.openWith(ioProc, "f", { access: "write" })
      yield* Mmio.write(file, text("12"))
      yield* Mmio.flush(file)
      assert.deepStrictEqual(heard, ["Open", "WriteFlush 12", "Write 12"])
      strictEqual(content(), "12cdef")
    }))
})

describe("MMIOM_SEEK", () => {
  it.scoped("gives the new position; mmioSeek inside of the buffer does not send it", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f", { buffer: 8 })
      yield* Mmio.read(file, 1)
      strictEqual(yield* Mmio.seek(file, 4), 4)
      strictEqual(latin1(yield* Mmio.read(file, 1)), "e")
      assert.deepStrictEqual(heard.filter((message) => message.startsWith("Seek")), [])
      strictEqual(yield* Mmio.seek(file, 100), 100)
      assert.include(heard, "Seek 100 start")
    }))

  it.scoped("asks from the end for the length of the file", () =>
    Effect.gen(function*() {
      const { heard, ioProc } = procedure()
      const file = yield* Mmio.openWith(ioProc, "f")
      strictEqual(yield* Mmio.seek(file, -2, "end"), 4)
      assert.include(heard, "Seek 0 end")
      strictEqual(latin1(yield* Mmio.read(file, 9)), "ef")
    }))

  it.scoped("that is refused fails mmioSeek, and leaves the position where it was", () =>
    Effect.gen(function*() {
      const { ioProc } = procedure({ recognises: ({ _tag }) => _tag !== "Seek" })
      const file = yield* Mmio.openWith(ioProc, "f", { buffer: 2 })
      yield* Mmio.read(file, 1)
      strictEqual((yield* Effect.flip(Mmio.seek(file, 5)))._tag, "CannotSeek")
      strictEqual(latin1(yield* Mmio.read(file, 1)), "b")
    }))
})

describe("MMIOM_RENAME", () => {
  it.effect("carries both names", () => {
    const { heard, layer } = procedure()
    return Effect.gen(function*() {
      yield* Mmio.rename("a", "b")
      assert.deepStrictEqual(heard, ["Rename a b"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is not recognised is AccessDenied", () => {
    const { layer } = procedure({ recognises: ({ _tag }) => _tag !== "Rename" })
    return Effect.gen(function*() {
      strictEqual((yield* Effect.flip(Mmio.rename("a", "b")))._tag, "AccessDenied")
    }).pipe(Effect.provide(layer))
  })
})
