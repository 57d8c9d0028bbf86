/**
 * Names of elements: how an archive writes them, which of them are refused, and what a name that a program gives means.
 */
import { crc32 } from "./crc32.js"
import { max16 } from "./layout.js"

const upperHalf = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
  + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0"

/** Text of code page 437, which names are in that do not say that they are UTF-8. @internal */
export const decodeCp437 = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : upperHalf[byte - 0x80]
  return text
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Text of UTF-8; undefined for invalid bytes. @internal */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The name that an extra field has in UTF-8, where it is one of this name, which its sum says.
 *
 * @internal
 */
export const unicodeName = (field: Uint8Array, name: Uint8Array): string | undefined => {
  if (field.length < 5 || field[0] !== 1) return undefined
  const sum = new DataView(field.buffer, field.byteOffset).getUint32(1, true)
  return sum === crc32(name) ? decodeUtf8(field.subarray(5)) : undefined
}

/**
 * Why an element of this name is refused; undefined where it is not. A slash at the end says that it is a folder.
 * @internal
 */
export const whyUnsafe = (name: string): string | undefined => {
  if (name === "" || name === "/") return "its name is empty"
  if (name.startsWith("/")) return "its name is absolute"
  if (/^[A-Za-z]:/.test(name)) return "its name begins with a drive"
  if (name.includes("\\")) return "its name holds a backslash"
  if (name.includes("\0")) return "its name holds a NUL"
  const components = (name.endsWith("/") ? name.slice(0, -1) : name).split("/")
  if (components.includes("..")) return "its name leads out of its folder"
  if (components.includes(".") || components.includes("")) return "its name has an empty component"
  return components.length > deepest ? "its path is too deep" : undefined
}

/** How many components a path can have. */
const deepest = 256

const encoder = new TextEncoder()

/** A name as it is written. @internal */
export const encodeName = (name: string): Uint8Array => encoder.encode(name)

/**
 * Why nothing of this name is written: it could not be read, or would be another one; undefined where it is written. A
 * slash at the end says that it is a folder. @internal
 */
export const whyUnwritable = (name: string): string | undefined =>
  whyUnsafe(name)
    ?? (/\p{Surrogate}/u.test(name)
      ? "its name holds half of a surrogate pair"
      : encodeName(name).length > max16
      ? `its name has more than ${max16} bytes`
      : undefined)

/**
 * The path that a program's name for an element means, without `.` and `..`; undefined where it leads out of the
 * archive. @internal
 */
export const normalize = (name: string): string | undefined => {
  const components: Array<string> = []
  for (const component of name.split("/")) {
    if (component === "..") {
      if (components.pop() === undefined) return undefined
    } else if (component !== "" && component !== ".") components.push(component)
  }
  return components.join("/")
}

/** The folder of a path; the archive itself is the empty one. @internal */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))
