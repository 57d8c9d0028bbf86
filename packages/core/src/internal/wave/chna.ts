/** `chna`: which parts of an audio definition model the tracks are (ITU-R BS.2076). */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { concat, layout, u16, u8, viewOf } from "./binary.js"
import { type Codec, none, optionalBytes, refused, restFrom, within } from "./codec.js"
import { decodeText, encodeText, Text } from "./text.js"

const head = layout<{ readonly tracks: number; readonly uids: number }>({ tracks: u16, uids: u16 })
const trackIndex = layout<Pick<Api.TrackUid, "track">>({ track: u16 })
const pad = layout<Pick<Api.TrackUid, "pad">>({ pad: u8 })

const uidAt = trackIndex.size
const trackRefAt = uidAt + 12
const packRefAt = trackRefAt + 14
const padAt = packRefAt + 11
const entrySize = padAt + pad.size

export const channels: Codec<Api.Channels> = {
  get schema() {
    return Schema.Struct({
      tracks: head.schemas.tracks,
      uids: Schema.Array(
        Schema.Struct({
          ...trackIndex.schemas,
          uid: Text,
          trackFormat: Text,
          packFormat: Text,
          ...pad.schemas
        }).annotations({ identifier: "TrackUid" })
      ),
      rest: optionalBytes
    }).annotations({ identifier: "Channels" })
  },
  decode: (bytes, reading) => {
    if (bytes.length < head.size) return void reading.tooShort(bytes, head.size)
    const view = viewOf(bytes)
    const { tracks, uids: announced } = head.read(view, 0, reading.little)
    const room = Math.floor((bytes.length - head.size) / entrySize)
    if (announced > room) {
      reading.error("CountTooLarge", 2, `${announced} tracks are announced, where there is room for ${room}`)
    }
    const count = reading.take(Math.min(announced, room), 2)
    const uids = Array.from({ length: count }, (_, index) => {
      const at = head.size + index * entrySize
      const text = (from: number, to: number) =>
        decodeText(bytes.subarray(at + from, at + to), to - from, reading, at + from)
      return {
        ...trackIndex.read(view, at, reading.little),
        uid: text(uidAt, trackRefAt),
        trackFormat: text(trackRefAt, packRefAt),
        packFormat: text(packRefAt, padAt),
        ...pad.read(view, at + padAt, reading.little)
      }
    })
    return { tracks, uids, ...restFrom(bytes, head.size + count * entrySize) }
  },
  encode: ({ rest = none, tracks, uids }, writing) => {
    const { little } = writing
    if (uids.length > 0xffff) return refused(["uids"], `${uids.length} do not fit a count of 16 bits`)
    const entries = uids.map((entry, index) =>
      Either.mapLeft(
        Either.map(
          Either.all([
            within("uid", encodeText(entry.uid, trackRefAt - uidAt, writing)),
            within("trackFormat", encodeText(entry.trackFormat, packRefAt - trackRefAt, writing)),
            within("packFormat", encodeText(entry.packFormat, padAt - packRefAt, writing))
          ]),
          (texts) => concat([trackIndex.encode(entry, little), ...texts, pad.encode(entry, little)])
        ),
        ({ description, path }) => ({ description, path: ["uids", index, ...path] })
      )
    )
    return Either.map(
      Either.all(entries),
      (entries) => concat([head.encode({ tracks, uids: uids.length }, little), ...entries, rest])
    )
  }
}
