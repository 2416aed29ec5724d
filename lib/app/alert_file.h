// The file that holds an alert ledger between runs: text, 0600, replaced as a whole, so that whoever is killed leaves the old or the new.
// Who writes it holds the task's lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/alert_ledger.h"
#include "base/expected.h"

namespace dn::app {

std::string to_text(const AlertLedger& ledger);
// nullopt: it is not such a text.
std::optional<AlertLedger> alert_ledger_from(std::string_view text);

// nullopt: there is no file. The error is why it cannot be read or understood.
Expected<std::optional<AlertLedger>, std::string> read_alert_ledger(const std::string& path);
// "" when it is written; why not otherwise.
std::string write_alert_ledger(const std::string& path, const AlertLedger& ledger);

}  // namespace dn::app
