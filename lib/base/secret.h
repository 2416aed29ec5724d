// A key or a secret: text that no output may show. Wiped when it goes; `reveal` marks every place that needs the bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace dn {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  ~Secret() { wipe(); }

  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void wipe() {
    volatile char* p = text_.data();
    for (std::size_t i = 0; i < text_.size(); ++i) p[i] = '\0';
  }

  std::string text_;
};

}  // namespace dn
