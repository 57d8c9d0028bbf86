/**
 * The XML of the S3 API: elements and text, read without recursion. Attributes, comments and declarations say nothing
 * here.
 */

export interface Element {
  readonly name: string
  readonly children: ReadonlyArray<Element>
  readonly text: string
}

interface Building {
  readonly name: string
  readonly children: Array<Building>
  text: string
}

/** Far deeper than any answer. */
const deepest = 32

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: "\"", apos: "'" }

const decode = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })

/** The root element of a document, or undefined where the text is not one. */
export const parse = (text: string): Element | undefined => {
  const open: Array<Building> = []
  let root: Building | undefined
  // A token is found, or not, by one look at each character: an answer may be anything.
  for (const [token, tag] of text.matchAll(/<([^<>]*)>|[^<]+/g)) {
    const parent = open.at(-1)
    if (tag === undefined) {
      if (parent !== undefined) parent.text += decode(token)
      continue
    }
    const [, closing, name] = /^(\/?)([\w:.-]+)/.exec(tag) ?? []
    if (name === undefined) continue
    if (closing === "/") {
      if (open.pop()?.name !== name) return undefined
      continue
    }
    if (open.length === deepest || (parent === undefined && root !== undefined)) return undefined
    const element: Building = { name, children: [], text: "" }
    if (parent === undefined) root = element
    else parent.children.push(element)
    if (!tag.endsWith("/")) open.push(element)
  }
  return open.length === 0 ? root : undefined
}

/** The first child of this name. */
const child = (element: Element, name: string): Element | undefined => element.children.find((one) => one.name === name)

/** The text of the first child of this name. */
export const textOf = (element: Element, name: string): string | undefined => child(element, name)?.text

/** All children of this name. */
export const childrenOf = (element: Element, name: string): ReadonlyArray<Element> =>
  element.children.filter((one) => one.name === name)

/** Text as the content of an element. */
export const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")
