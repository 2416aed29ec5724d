// SQLite's door to a LossyDisk.
#pragma once

#include "lossy_disk.h"

namespace dn::power {

// Makes the disk SQLite's default; null: the one that was before.
void install(LossyDisk* disk);

}  // namespace dn::power
