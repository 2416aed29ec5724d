// The request budget of one venue in a file: all processes that open it draw on the same buckets, and what they took is not forgotten when
// they end, however they end. The buckets' states lie in mapped memory, so a request costs no system call and nobody waits for a lock.
//
// Ownership: the states live as long as the BudgetFile. Move-only.
#pragma once

#include <string>
#include <vector>

#include "base/expected.h"
#include "wire/rate_budget.h"

namespace dn::live {

class BudgetFile {
 public:
  // The file is made (0600) when missing, with full buckets; so is one anew that is for other rules. The directory is there already.
  // The error is why it cannot be used, for a person.
  static Expected<BudgetFile, std::string> open(const std::string& path, const std::vector<wire::RateRule>& rules);

  BudgetFile(BudgetFile&& other) noexcept;
  BudgetFile& operator=(BudgetFile&& other) noexcept;
  ~BudgetFile();

  // Of the rule at that index.
  wire::RateState& state(std::size_t index);

 private:
  BudgetFile(void* memory, std::size_t size) : memory_(memory), size_(size) {}
  void* memory_;
  std::size_t size_;
};

}  // namespace dn::live
