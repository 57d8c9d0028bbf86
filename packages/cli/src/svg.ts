/**
 * The layout of a file as an SVG: a row for each level, a box for each chunk, as wide as it is large, but no narrower
 * than can be seen.
 */
import type { Segment } from "./layout.js"
import { counted } from "./text.js"

const width = 1200
const rowHeight = 44
const margin = 16
const titleHeight = 32
/** A chunk of a few bytes in a file of gigabytes can still be pointed at. */
const narrowest = 3
/** A name is written where there is room for it. */
const characterWidth = 7.5

const colours = ["#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948", "#b07aa1", "#9c755f"]

/** Text in XML, which has no control characters. */
const escaped = (text: string): string =>
  text
    .replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** The same name has the same colour everywhere. */
const colourOf = (name: string): string => {
  let sum = 0
  for (const character of name) sum = (sum * 31 + character.charCodeAt(0)) % colours.length
  return colours[sum] ?? "#888888"
}

const number = (value: number): string => String(Math.round(value * 100) / 100)

const box = ({ bytes, name, offset }: Segment, x: number, y: number, boxWidth: number): string => {
  const title = `${name}: ${counted(bytes, "byte")} at ${offset}`
  const label = boxWidth >= name.length * characterWidth
    ? `<text x="${number(x + 4)}" y="${y + 18}">${escaped(name)}</text>`
    : ""
  const size = boxWidth >= String(bytes).length * characterWidth
    ? `<text class="size" x="${number(x + 4)}" y="${y + 33}">${bytes}</text>`
    : ""
  return `<g><title>${escaped(title)}</title><rect x="${number(x)}" y="${y}" width="${number(boxWidth)}" height="${
    rowHeight - 4
  }" fill="${colourOf(name)}"/>${label}${size}</g>`
}

/** Boxes for segments beside each other, and below each those in it. */
const boxes = (segments: ReadonlyArray<Segment>, x: number, available: number): ReadonlyArray<string> => {
  const total = segments.reduce((sum, { bytes }) => sum + bytes, 0)
  const least = Math.min(narrowest, available / Math.max(segments.length, 1))
  const spread = available - least * segments.length
  let left = x
  return segments.flatMap((segment) => {
    const boxWidth = least + (total === 0 ? 0 : spread * segment.bytes / total)
    const y = margin + titleHeight + segment.depth * rowHeight
    const here = [box(segment, left, y, Math.max(boxWidth - 1, 0.5)), ...boxes(segment.segments, left, boxWidth)]
    left += boxWidth
    return here
  })
}

const depthOf = (segments: ReadonlyArray<Segment>): number =>
  segments.reduce((most, { depth, segments }) => Math.max(most, depth + 1, depthOf(segments)), 0)

export const svgOf = (name: string, length: number, segments: ReadonlyArray<Segment>): string => {
  const height = 2 * margin + titleHeight + depthOf(segments) * rowHeight
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    "<style>text{font:12px sans-serif;fill:#fff}.size{font-size:10px}.name{fill:#333;font-size:16px}</style>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text class="name" x="${margin}" y="${margin + 14}">${escaped(name)}, ${counted(length, "byte")}</text>`,
    ...boxes(segments, margin, width - 2 * margin),
    "</svg>",
    ""
  ].join("\n")
}
