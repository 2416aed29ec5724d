// Certificates made at start: a CA that clients are told to trust, a leaf for 127.0.0.1 and localhost, and leaves that a careful
// client must refuse.
#pragma once

#include <string>

namespace dn::exchange {

struct Leaf {
  std::string chain_file;
  std::string key_file;
};

struct Certs {
  std::string ca_file;
  Leaf good;
  Leaf wrong_name;  // for another host
  Leaf expired;
  Leaf unknown_ca;  // signed by a CA that is in no file a client trusts
};

// Writes all files into `directory`; throws std::runtime_error when it cannot.
Certs make_certs(const std::string& directory);

}  // namespace dn::exchange
