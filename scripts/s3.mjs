/**
 * Checks the storage of objects against Ceph's gateway, which it installs where it is missing and there is apt-get, and
 * starts by itself; the fake of the other tests against it, request by request; and what is left of processes that are
 * killed, and of a thousand rounds of twenty writers. The tests are in packages/s3/servers.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/s3/servers", {
  programs: { "ceph-mon": "ceph-mon", "ceph-osd": "ceph-osd", radosgw: "radosgw", ceph: "ceph-common" }
})
