// The text that Prometheus reads: what is written, and what no name can do to it.
#include "app/exposition.h"

#include <gtest/gtest.h>

namespace dn::app {
namespace {

using Type = Exposition::Type;

TEST(Exposition, WritesAFamilyWithItsSamples) {
  Exposition e;
  e.family("dn_task_orders_total", Type::Counter, "Orders sent.");
  e.sample({{"task", "btc"}}, 12);
  e.sample({{"task", "eth"}}, 0);
  e.family("dn_halt_files", Type::Gauge, "Files.");
  e.sample({}, 1);
  EXPECT_EQ(e.text(),
            "# HELP dn_task_orders_total Orders sent.\n# TYPE dn_task_orders_total counter\n"
            "dn_task_orders_total{task=\"btc\"} 12\ndn_task_orders_total{task=\"eth\"} 0\n"
            "# HELP dn_halt_files Files.\n# TYPE dn_halt_files gauge\ndn_halt_files 1\n");
}

TEST(Exposition, AFamilyWithoutASampleLeavesNoTrace) {
  Exposition e;
  e.family("dn_a", Type::Gauge, "A.");
  e.family("dn_b", Type::Gauge, "B.");
  EXPECT_EQ(e.text(), "");
}

TEST(Exposition, AmountsKeepEveryDigit) {
  Exposition e;
  e.family("dn_a", Type::Gauge, "A.");
  e.sample({}, Decimal::parse("-123456789012345678.000000000000000001").value());
  EXPECT_TRUE(e.text().ends_with("\ndn_a -123456789012345678.000000000000000001\n")) << e.text();
}

TEST(Exposition, NoLabelBeginsALineOfItsOwn) {
  Exposition e;
  e.family("dn_a", Type::Gauge, "A.");
  e.sample({{"task", "a\"b\\c\nd\xff"}}, 1);
  EXPECT_TRUE(e.text().ends_with("\ndn_a{task=\"a\\\"b\\\\c?d?\"} 1\n")) << e.text();
}

}  // namespace
}  // namespace dn::app
