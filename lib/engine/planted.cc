#include "engine/planted.h"

#include "base/check.h"
#include "engine/gate.h"

namespace dn {

#ifdef DN_PLANTED_BUGS
Bug planted_bug = Bug::None;
#endif

GatePass planted_pass(const OrderRequest& order) {
  DN_CHECK(planted(Bug::Resend), "only a planted bug goes around the gate");
  return GatePass(order);
}

}  // namespace dn
