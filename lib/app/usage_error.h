// What is said of a command line that is wrong: what, why, and what was probably meant. The one place for such texts.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/tool_error.h"

namespace dn::app {

// For CLI11's check: one of the values, in their order; the refusal says which are there and which is near.
CLI::Validator one_of(std::vector<std::string> values);

// Of what CLI11 refused to parse. Usage.
ToolError usage_error(const CLI::App& app, const CLI::ParseError& e);

// A word that stands where files stand, names none, and is nearly a verb ("puase btc"). nullopt: there is none.
std::optional<ToolError> mistaken_verb(const CLI::App& app);

// A word of the command line that means nothing where it stands.
ToolError no_such_word(const std::string& word, const std::string& next);

}  // namespace dn::app
