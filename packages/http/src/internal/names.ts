/**
 * Names as URLs. Without a base, a name is a URL. With one, it is a path below it, or a URL that begins with it;
 * nothing outside of the base has a name.
 */
import * as Either from "effect/Either"

/** Why a name has no URL: it is outside of the base, or not a URL that can be asked for. @internal */
export interface NoUrl {
  readonly isOutside: boolean
  readonly description: string
}

/** What begins the names that are URLs. @internal */
export const prefixes = ["https://", "http://"] as const

/** @internal */
export const isUrl = (name: string): boolean =>
  prefixes.some((prefix) => name.slice(0, 8).toLowerCase().startsWith(prefix))

const noUrl = (description: string, isOutside = false) => Either.left({ description, isOutside })

/** A URL as requests have it: without fragment. One with a password is refused, since names are shown. @internal */
const parse = (text: string): Either.Either<URL, NoUrl> => {
  if (!isUrl(text) || !URL.canParse(text)) return noUrl("it is not a URL of http or https")
  const url = new URL(text)
  if (url.username !== "" || url.password !== "") return noUrl("a URL must not hold a user or a password")
  url.hash = ""
  return Either.right(url)
}

/** A base is a folder. @internal */
export const parseBase = (text: string): Either.Either<URL, NoUrl> =>
  Either.flatMap(parse(text), (url) => {
    if (url.search !== "") return noUrl("a base URL must not hold a query")
    if (!url.pathname.endsWith("/")) url.pathname += "/"
    return Either.right(url)
  })

/** A component of a path, of which every character is one of the name: `%`, `?` and `#`, too. */
const encode = (component: string): string =>
  encodeURIComponent(component).replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)

/** @internal */
export const urlOf = (base: URL | undefined) => (name: string): Either.Either<URL, NoUrl> => {
  if (base === undefined) return parse(name)
  const outside = noUrl(`it is outside of ${base.href}`, true)
  if (isUrl(name)) {
    return Either.flatMap(parse(name), (url) => url.href.startsWith(base.href) ? Either.right(url) : outside)
  }
  if (/\p{Surrogate}/u.test(name)) return noUrl("it holds half of a character")
  const components: Array<string> = []
  for (const component of name.split("/")) {
    if (component === "..") {
      if (components.pop() === undefined) return outside
    } else if (component !== "" && component !== ".") components.push(encode(component))
  }
  // Joined as text: relative to a base, "file:" as a component would begin another URL.
  return Either.right(new URL(`${base.href}${components.join("/")}`))
}
