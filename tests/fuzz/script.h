// How the bytes of a fuzz input become what a venue says: lines of text, so that seeds can be written and read by hand.
//
// The first line chooses the question, each further line is one answer:
//   <status><headers> <body>     "2 {...}" is 200 with a body, "ra7| {...}" a 429 with "retry-after: 7", "n " never left this machine
//   <status>*<count><row>        a list of copies of the row; each '#' in it becomes the number of the copy
// The last answer is given again for as long as more is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/frame.h"
#include "wire/http.h"

namespace dn::fuzz {

class Lines {
 public:
  explicit Lines(std::string_view all) : rest_(all) {}
  // The next line without its end; nullopt behind the last one.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  bool done_ = false;
};

// Answers to the exchanges of one question. At most `budget` bytes of copied lists, so that an input stays cheap; then there is no answer.
class Replies {
 public:
  explicit Replies(Lines lines, std::size_t budget = 400'000) : lines_(lines), budget_(budget) {}
  wire::HttpResponse next();

 private:
  Lines lines_;
  std::string last_;
  std::size_t budget_;
};

// `budget` shrinks by what is copied.
wire::HttpResponse reply_of(std::string_view line, std::size_t* budget);

// One message of a stream: 't' text, 'b' binary, in which "\n" is a line's end and "\\" a backslash. Anything else is text as it stands.
wire::Frame frame_of(std::string_view line);
// The line of a binary message: what frame_of reads back.
std::string line_of_binary(std::string_view bytes);

}  // namespace dn::fuzz
