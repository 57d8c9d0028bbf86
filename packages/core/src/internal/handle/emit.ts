/**
 * Records: a synchronous function says what they are, and one write takes them.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Api from "../../Mmio.js"
import type * as MmioError from "../../MmioError.js"
import { outOfMemory } from "../io/copy.js"
import type { Handle } from "./handle.js"
import { RecordWriter } from "./writer.js"

type Failure = MmioError.WriteError | MmioError.OutOfMemory | MmioError.InvalidParameter

/** @internal */
export const emit = (
  handle: Handle,
  f: (writer: Api.Writer) => void
): Effect.Effect<void, Failure> =>
  Effect.suspend((): Effect.Effect<void, Failure> => {
    const writer = new RecordWriter()
    const bytes = writer.collect(f)
    if (typeof bytes === "number") return Exit.fail(outOfMemory("Mmio.emit", handle.name.full, bytes))
    const { engine, lock } = handle
    if (!lock.idle || handle.checkNextWrite !== undefined || !engine.canWriteSync(bytes.length)) {
      return handle.transfer(
        "Mmio.emit",
        (restore) => handle.writeChecked("Mmio.emit", bytes, () => engine.writeAll(bytes, restore))
      )
    }
    engine.writeSync(bytes)
    writer.recycle()
    return Exit.void
  })
