// [adapt] in files as people write them: of one task, and of many.
#include <gmock/gmock.h>

#include "app/task_file.h"
#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::HasSubstr;

const std::string kSizes = "symbol = \"BTC/USDT\"\ntotal_quantity = 1\norder_quantity = 0.1\nbuy.exchange = \"mexc_spot\"\nsell.exchange = \"gateio_spot\"\n";
const std::string kKeys = "volatility_bps = 30\ncalm_bps = 17.5\nwindow = \"45s\"\ntick_tolerance = 10\nslice_percent = 40\n";
const AdaptSpec kAdapt{Bps(30), Bps(Decimal::from_parts(175, 1)), Dur::seconds(45), 10, 40};

class AdaptFile : public testing::Test {
 protected:
  std::vector<TaskSource> read(const std::string& text) {
    auto tasks = read_task_files({dir_.write("btc.toml", text)});
    if (tasks) return *tasks;
    ADD_FAILURE() << tasks.error().message;
    return {TaskSource{}, TaskSource{}};
  }
  std::string refusal(const std::string& text) {
    const auto tasks = read_task_files({dir_.write("btc.toml", text)});
    EXPECT_FALSE(tasks) << "was accepted: " << text;
    return tasks ? "" : tasks.error().message;
  }

 private:
  TempDir dir_;
};

TEST_F(AdaptFile, IsReadForATask) { EXPECT_EQ(read(kSizes + "[adapt]\n" + kKeys)[0].spec.adapt, kAdapt); }

TEST_F(AdaptFile, IsReadForEachOfManyTasks) {
  const auto tasks = read("[[task]]\nname = \"a\"\n" + kSizes + "[task.adapt]\n" + kKeys + "[[task]]\nname = \"b\"\n" + kSizes);
  EXPECT_EQ(tasks[0].spec.adapt, kAdapt);
  EXPECT_EQ(tasks[1].spec.adapt, AdaptSpec{});
}

TEST_F(AdaptFile, MistakesAreNamedWithTheirPlace) {
  EXPECT_THAT(refusal(kSizes + "[adapt]\nvolatility_bps = 30\ncalm_bps = 30\n"), HasSubstr("btc.toml:8:12: adapt.calm_bps: 30 is not below volatility_bps 30"));
  EXPECT_THAT(refusal(kSizes + "[adapt]\nvolatility_bp = 30\n"), HasSubstr("did you mean adapt.volatility_bps?"));
  EXPECT_THAT(refusal(kSizes + "[adpt]\nwindow = \"5s\"\n"), HasSubstr("did you mean adapt"));
}

}  // namespace
}  // namespace dn::app
