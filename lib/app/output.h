// Where a run speaks: data on stdout, messages on stderr. A closed pipe silences its stream and nothing else.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace dn::app {

struct OutputOptions {
  bool json = false;    // one document on stdout at the end
  bool ndjson = false;  // events as they happen on stdout
  bool plain = false;   // no signs, no colours
  bool quiet = false;   // errors only
  bool verbose = false;
};

// True when signs and colours suit the stream: a terminal, NO_COLOR unset, and a UTF-8 locale.
bool is_rich(std::FILE* stream);

class Output {
 public:
  explicit Output(OutputOptions options);

  const OutputOptions& options() const { return options_; }
  bool plain() const { return plain_; }
  void data(std::string_view line);     // to stdout, with a line end
  void message(std::string_view line);  // to stderr unless quiet, with a line end
  // The line that is written over and over on a terminal; "" takes it away. Nothing where stderr is no terminal.
  void progress(std::string_view line);
  void flush();

 private:
  OutputOptions options_;
  bool plain_;
  bool has_progress_ = false;  // a progress line stands on the terminal
};

}  // namespace dn::app
