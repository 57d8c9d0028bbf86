/** What `LIST` chunks hold: chunks, whatever is in them. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"
import { concat, fourCC, layout, u32, u8, viewOf } from "./binary.js"
import { type Malformed, malformed, none, type Refused, refused, restFrom, tooMany, tooShort } from "./codec.js"

const largestSize = 0xffffffff

interface Header {
  readonly id: FourCC.FourCC
  readonly size: number
}

const header = layout<Header>({ id: fourCC, size: u32 })
const head = layout<{ readonly type: FourCC.FourCC }>({ type: fourCC })

/**
 * A chunk of a list.
 *
 * @internal
 */
export interface Element {
  readonly id: FourCC.FourCC
  readonly data: Uint8Array
  readonly pad?: Api.Pad | undefined
}

/** @internal */
export const pad: Schema.optional<Schema.Schema<Api.Pad>> = Schema.optional(
  Schema.Union(Schema.Literal("missing"), u8.schema.pipe(Schema.positive()))
)

/**
 * Reads the chunks of a list of this type, by a function that gets the bytes of each, and where in the list they begin.
 *
 * @internal
 */
export const decodeList = <A>(
  type: string,
  bytes: Uint8Array,
  little: boolean,
  decode: (element: Element, at: number) => Either.Either<A, Malformed>
): Either.Either<{ readonly elements: ReadonlyArray<A>; readonly rest?: Uint8Array }, Malformed> => {
  if (bytes.length < head.size) return tooShort(bytes, head.size)
  const found = FourCC.fromBytes(bytes)
  if (found !== type) return malformed(0, `the type of the list is ${FourCC.format(found)}, not ${FourCC.format(type)}`)
  const view = viewOf(bytes)
  const elements: Array<A> = []
  let at = head.size
  while (at + header.size <= bytes.length) {
    const { id, size } = header.read(view, at, little)
    const start = at + header.size
    const room = bytes.length - start
    if (size > room) return tooMany(at + 4, size, `bytes of ${FourCC.format(id)}`, room)
    const end = start + size
    const padByte: Api.Pad = size % 2 === 0 ? 0 : bytes[end] ?? "missing"
    const element = { id, data: bytes.subarray(start, end), ...(padByte === 0 ? {} : { pad: padByte }) }
    const decoded = decode(element, start)
    if (Either.isLeft(decoded)) return Either.left(decoded.left)
    elements.push(decoded.right)
    at = end + size % 2
  }
  return Either.right({ elements, ...restFrom(bytes, at) })
}

/**
 * Writes a list. `name` is what the value calls its elements, for a refusal to say which.
 *
 * @internal
 */
export const encodeList = <A>(
  { elements, encode, name, rest = none, type }: {
    readonly type: FourCC.FourCC
    readonly name: string
    readonly elements: ReadonlyArray<A>
    readonly encode: (value: A) => Either.Either<Element, Refused>
    readonly rest: Uint8Array | undefined
  },
  little: boolean
): Either.Either<Uint8Array, Refused> => {
  const parts = [head.encode({ type }, little)]
  for (const [index, value] of elements.entries()) {
    const element = encode(value)
    if (Either.isLeft(element)) return refused([name, index, ...element.left.path], element.left.description)
    const { data, id, pad } = element.right
    const odd = data.length % 2 === 1
    if (data.length > largestSize) return refused([name, index], `${data.length} bytes do not fit a size of 32 bits`)
    if (pad !== undefined && !odd) return refused([name, index, "pad"], "only a chunk of an odd size has a pad byte")
    if (pad === "missing" && (index < elements.length - 1 || rest.length > 0)) {
      return refused([name, index, "pad"], "only at the end of a list can the pad byte be missing")
    }
    parts.push(header.encode({ id, size: data.length }, little), data)
    if (odd && pad !== "missing") parts.push(Uint8Array.of(pad ?? 0))
  }
  if (rest.length >= header.size) return refused(["rest"], "so many bytes would be read as another chunk")
  return Either.right(concat([...parts, rest]))
}
