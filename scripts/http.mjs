/**
 * Checks the storage over HTTP against nginx, which it installs where it is missing and there is apt-get, and all of
 * the contract over servers. The tests are in packages/http/servers.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/http/servers", { programs: { nginx: "nginx-light" } })
