// The chain of a task's events: each row carries a digest over its content and over the digest of the task's event before it. A row that is changed,
// removed, put in or moved makes its digest, or the next one, wrong.
//
// What it proves: whoever changes a row has to write every later digest of that round anew, and a head that was noted elsewhere (dn-status audit
// prints it) tells even that. What it cannot: that the newest rows are all there. A chain that ends earlier is what a power cut leaves behind, and
// is legal; but a trade, a payment or an order whose event was taken away stands in its own table still.
//
// One chain for each row of `tasks`: whoever writes events of a task holds its lock, so chains of several processes in one file do not meet. An
// order's row changes all its life and is not chained; its requests, trades and payments are events as well, and app/audit_journal.h holds the
// tables against them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fixed_string.h"
#include "base/time.h"

namespace dn {

using Digest = FixedString<64>;  // SHA-256 in hex; empty: none

// The digest of an event behind one with the digest `before`; empty: it is the first of its chain. Allocates nothing after a thread's first call.
Digest chained(const Digest& before, std::int64_t task_id, Time ts, std::string_view type, std::string_view json);

}  // namespace dn
