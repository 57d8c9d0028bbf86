/**
 * Checks databases as a storage over Postgres 15, which it installs where it is missing and there is apt-get, and
 * starts on a free port. The tests are in packages/sql/postgres.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/sql/postgres", { programs: { "../lib/postgresql/15/bin/postgres": "postgresql-15" } })
