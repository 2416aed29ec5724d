#include "engine/planted.h"

#ifdef DN_PLANTED_BUGS
namespace dn {

Bug planted_bug = Bug::None;

}  // namespace dn
#endif
