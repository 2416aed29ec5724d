// Checks that stay on in release builds.
//
// A check guards against a mistake in this program, never against input: whatever a user, a file or a venue
// can send is answered with an error value. Stopping is safe because intents are durable before they are sent.
// Thread rule: none needed. Error rule: a failed check prints one line on stderr and aborts.
#pragma once

namespace dn {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line) noexcept;

}  // namespace dn

#define DN_CHECK(condition, why) (static_cast<bool>(condition) ? void(0) : ::dn::check_failed(#condition, why, __FILE__, __LINE__))
