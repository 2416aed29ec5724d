// What the tests of this room share: a directory of their own, records to store, and a second program to look at the file with.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace dn {

// A directory that is there as long as this object.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dn-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string db() const { return file("dn.db"); }

 private:
  std::string path_;
};

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

inline TaskRecord a_task(const std::string& name = "btc") {
  TaskRecord task;
  task.spec.name = name;
  task.spec.symbol = *symbol_from("BTC/USDT");
  task.spec.total_quantity = Qty(dec("1"));
  task.spec.order_quantity = Qty(dec("0.1"));
  task.spec.leg.buy.exchange = Venue::MexcSpot;
  task.spec.leg.sell.exchange = Venue::GateioSpot;
  task.created = Time{1'000'000};
  task.updated = Time{1'000'000};
  return task;
}

inline OrderRecord an_order(const std::string& id, Side leg = Side::Buy) {
  OrderRecord order;
  order.request.id = ClientOrderId(id);
  order.request.leg = leg;
  order.request.side = leg;
  order.request.price = Price(dec("43250.5"));
  order.request.qty = Qty(dec("0.1"));
  order.request.created = Time{2'000'000};
  order.request.expires = Time{7'000'000};
  order.updated = Time{2'000'000};
  return order;
}

inline Fill a_fill(const std::string& trade_id, const std::string& order, Venue venue = Venue::MexcSpot) {
  Fill fill;
  fill.trade_id = TradeId(trade_id);
  fill.order = ClientOrderId(order);
  fill.venue = venue;
  fill.price = Price(dec("43250.5"));
  fill.qty = Qty(dec("0.04"));
  fill.fee = Fee(dec("0.00004"));
  fill.fee_asset = Asset("BTC");
  fill.time = Time{3'000'000};
  return fill;
}

inline TaskEvent an_intent(const OrderRecord& order) { return {Time{2'000'000}, OrderStepped{OrderStep::Intent, Venue::MexcSpot, order.request, {}, {}, {}}}; }

// The value, or a failed test with the error's message.
template <class T, class E>
T must(Expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(result).value();
}
template <class E>
void must(Expected<void, E> result) {
  if (!result) ADD_FAILURE() << result.error().message;
}

inline std::unique_ptr<Store> open_store(const std::string& path, Store::Mode mode = Store::Mode::ReadWrite) { return must(Store::open(path, mode)); }

// The file as any other SQLite program sees and changes it.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) ADD_FAILURE() << sqlite3_errmsg(db_);
    sqlite3_busy_timeout(db_, 10'000);
  }
  ~RawDatabase() { sqlite3_close(db_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void run(const std::string& sql) {
    char* why = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &why) != SQLITE_OK) ADD_FAILURE() << sql << ": " << why;
    sqlite3_free(why);
  }
  // All values of the first column.
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> out;
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) != SQLITE_OK) ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db_);
    while (sqlite3_step(s) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, 0));
      out.emplace_back(text == nullptr ? "NULL" : text);
    }
    sqlite3_finalize(s);
    return out;
  }
  std::string value(const std::string& sql) {
    const auto all = column(sql);
    return all.empty() ? "no row" : all.front();
  }

 private:
  sqlite3* db_ = nullptr;
};

// A child process that runs `body` and ends; what `body` returns is read through a pipe.
class Child {
 public:
  explicit Child(const std::function<std::string()>& body)
      : Child([&body](int out) {
          const std::string said = body();
          (void)!::write(out, said.data(), said.size());
        }) {}
  // The same for a body that writes to its pipe by itself.
  explicit Child(const std::function<void(int)>& body) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    in_ = ends[0];
  }
  ~Child() {
    end();
    ::close(in_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Waits for one byte; false when the child's end is closed.
  bool wait_byte() const {
    char c = 0;
    return ::read(in_, &c, 1) == 1;
  }
  std::string all() {
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(in_, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
    end();
    return out;
  }
  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    end();
  }

 private:
  void end() {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid_ = 0;
  int in_ = -1;
};

inline std::string_view kind_name(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::NotFound: return "NotFound";
    case StoreError::Kind::NewerSchema: return "NewerSchema";
    case StoreError::Kind::OlderSchema: return "OlderSchema";
    case StoreError::Kind::NotADatabase: return "NotADatabase";
    case StoreError::Kind::Damaged: return "Damaged";
    case StoreError::Kind::DiskFull: return "DiskFull";
    case StoreError::Kind::ReadOnly: return "ReadOnly";
    case StoreError::Kind::Busy: return "Busy";
    case StoreError::Kind::Exists: return "Exists";
    case StoreError::Kind::Stopped: return "Stopped";
    case StoreError::Kind::Other: return "Other";
  }
  return "?";
}
inline void PrintTo(StoreError::Kind kind, std::ostream* out) { *out << kind_name(kind); }

}  // namespace dn
