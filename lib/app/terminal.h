// A terminal that is drawn on and that tells keys, for one screen at a time. Whatever ends the object gives the terminal back as it was.
#pragma once

#include <termios.h>

#include <string>
#include <string_view>

namespace dn::app {

struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

class Terminal {
 public:
  // Takes stdout's terminal over: a screen of its own, no cursor. Where stdin is a terminal too, keys come one by one and are not shown.
  Terminal();
  ~Terminal();  // gives it back
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  ScreenSize size() const;  // as it is now
  bool has_keys() const { return has_keys_; }
  // Draws over what is there, in one write. `lines` are no wider than the screen. False: the terminal is gone.
  bool draw(const std::string& lines);
  // What was typed since the last call, also nothing. False in `there`: the terminal is gone.
  std::string typed(bool& there);
  // For the key that stops a program: gives the terminal back, stops, and takes it over again when the program goes on.
  void stop();

 private:
  void take();
  void give_back();
  bool write_all(std::string_view bytes) const;

  bool has_keys_ = false;
  termios before_{};
};

}  // namespace dn::app
