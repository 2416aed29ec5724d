// `dn-status schema`: what the tools print as JSON, as one JSON Schema (draft 2020-12).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/tool_error.h"

namespace dn::app {

// A JSON object that the tools print, or a part of one.
struct JsonShape {
  std::string_view name;    // in $defs, and for `dn-status schema NAME`
  std::string_view schema;  // the value of its field "schema": a document of its own; empty: a part, or a line of --ndjson
  std::string_view help;
  // "key type, key type, ...". A key that ends with ? may be missing. Types: text, int, bool, true, false, an enumeration or another shape by its
  // name; []T is an array of T, {}T an object of T by name, T? a T or null.
  std::string_view fields;
};
// The table (schema_table.cc). Events have their common head besides (schema.cc).
std::span<const JsonShape> json_shapes();

// Prints it: of one output, or of all where `name` is empty. Usage when there is no such output.
Expected<ExitCode, ToolError> print_schema(const std::string& name);

}  // namespace dn::app
