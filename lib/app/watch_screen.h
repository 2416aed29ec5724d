// What dn-status --watch shows: a table of tasks that fits the window, with a history of each task since the watch began. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/portfolio_status.h"
#include "app/task_view.h"
#include "app/terminal.h"

namespace dn::app {

// One look at the database.
struct WatchLook {
  Time at;
  std::vector<TaskView> tasks;
  std::vector<PortfolioView> portfolios;
  std::vector<std::string> halts;  // a line for each file of the kill switch
};

// The columns that a window should have for the whole table.
inline constexpr int kWholeTable = 80;

class WatchScreen {
 public:
  // `plain`: ASCII. `colours`: none otherwise.
  WatchScreen(bool plain, bool colours) : plain_(plain), colours_(colours) {}

  void take(WatchLook look);
  // A key of the table: n, s, i, p sort by name, state, imbalance, profit; r turns the order. Whether it is one.
  bool key(char c);
  // Lines, none wider than the window and no more than its rows. `keys`: they are told at the bottom.
  std::string frame(ScreenSize size, bool keys) const;

 private:
  enum class Order : char { Name = 'n', State = 's', Imbalance = 'i', Profit = 'p' };
  // Permille, oldest first; when there are many, neighbours become one.
  struct Past {
    std::vector<int> progress;  // of both sides' totals
    std::vector<int> apart;     // imbalance, of max_imbalance_bps
  };
  struct Column;

  static const std::vector<Column>& columns();
  std::vector<const Column*> chosen(int width) const;
  std::vector<const TaskView*> sorted() const;
  std::string cell(const Column& c, const TaskView& v) const;
  std::string coloured(const Column& c, const TaskView& v, std::string text) const;
  std::string bars(const std::vector<int>& past, int width) const;
  std::string title(int width) const;
  std::string fit(std::string text, int width, bool right) const;
  std::string styled(std::string_view style, const std::string& text) const;

  bool plain_;
  bool colours_;
  Order order_ = Order::Name;
  bool turned_ = false;
  WatchLook look_;
  Time began_;
  std::map<std::int64_t, Past> past_;  // by task row
};

}  // namespace dn::app
