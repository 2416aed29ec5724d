#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace dn {

void check_failed(const char* condition, const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "dn: internal error: %s (check `%s` failed at %s:%d); the journal is intact, run dn-recover\n", why, condition, file, line);
  std::abort();
}

}  // namespace dn
