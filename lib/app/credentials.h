// The keys of live trading: where they come from, and what is refused.
//
// In this order: --credentials FILE; $CREDENTIALS_DIRECTORY/dn (systemd); credential_command of dn.toml; credentials.toml beside dn.toml.
// A file is ours, a regular file and no link, and nobody else may read it. What is read stands in no error text.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/dn_config.h"
#include "venues/venue.h"

namespace dn::app {

// By section: "mexc", "gateio".
using CredentialMap = std::map<std::string, venues::Credentials>;

// The keys of a credentials file: "mexc.key", ...
std::vector<std::string> credential_keys();
// `needed`: the sections that must be there. Errors: NotFound (the file of --credentials is missing), Permission (no keys, a file that others
// may read, a command that fails, a section that is missing), Config (what is read makes no sense).
Expected<CredentialMap, ToolError> load_credentials(const DnConfig& config, const std::string& file, const std::set<std::string>& needed);

// Whether it is credential_command that counts.
bool credentials_by_command(const DnConfig& config, const std::string& file);

}  // namespace dn::app
