// One target as a libFuzzer program; the build says which.
#include <cstddef>
#include <cstdint>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dn::fuzz::Target& target = *dn::fuzz::target_of(DN_FUZZ_TARGET);
  // A broken promise is an exception that nobody catches: libFuzzer takes it for a crash and keeps the input.
  dn::fuzz::try_target(target, {reinterpret_cast<const char*>(data), size});
  return 0;
}
