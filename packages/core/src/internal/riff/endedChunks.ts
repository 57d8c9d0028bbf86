/**
 * Which created chunks have ended, and how: a chunk is a value and still says that its header may have to be corrected,
 * but a second correction would take what follows the chunk for its data.
 */
import type * as Api from "../../Riff.js"

const ended = new WeakMap<Api.CreatedChunk, Api.FoundChunk>()

/** The chunk as it ended; undefined while it is open. @internal */
export const endOf = (chunk: Api.CreatedChunk): Api.FoundChunk | undefined => ended.get(chunk)

/** @internal */
export const end = (chunk: Api.CreatedChunk, found: Api.FoundChunk): void => {
  ended.set(chunk, found)
}
