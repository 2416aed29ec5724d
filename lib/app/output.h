// Where a run speaks: data on stdout, messages on stderr. A closed pipe silences its stream and nothing else. Of a run that trades live no reader
// holds anything up.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "app/output_pump.h"

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

// To stdout. What cannot be written is not thrown: the tool ends with the gravest of what it found and of the lost output (tool_main).
void write_out(std::string_view text);

class Output {
 public:
  explicit Output(OutputOptions options);
  ~Output();  // settles
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // From now on nothing waits for whoever reads stdout or stderr. What they leave waiting beyond 16 MB is left out and counted.
  void never_wait();
  // The opposite: everything is written, or the reader has not moved for ten seconds. Says how much was left out, if any.
  void settle();
  // Whether anything that was meant for stdout was left out, by any Output of the process.
  static bool lost_data();
  // Whether a little can be written there without waiting for a reader, within ten seconds.
  static bool can_write(int fd);

  const OutputOptions& options() const { return options_; }
  bool plain() const { return plain_; }
  void data(std::string_view line);     // to stdout, with a line end
  void message(std::string_view line);  // to stderr unless quiet, with a line end
  void error(std::string_view line);    // likewise, also when it is quiet
  // The line that is written over and over on a terminal; "" takes it away. Nothing where stderr is no terminal.
  void progress(std::string_view line);
  void flush();

 private:
  void say(std::string_view text);  // to stderr as it stands

  OutputOptions options_;
  bool plain_;
  std::unique_ptr<OutputPump> data_;      // none: straight to the stream
  std::unique_ptr<OutputPump> messages_;  // likewise
  bool has_progress_ = false;             // a progress line stands on the terminal
};

}  // namespace dn::app
