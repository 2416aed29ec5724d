// A tool's command line as data, and what is said of one that is wrong.
#include "app/tool_interface.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "app/tool.h"
#include "app/tool_help.h"
#include "model/task_spec.h"
#include "model/trigger_spec.h"
#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A tool with files, a flag and a verb that has one of its own.
class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    add_common_flags(app, common);
    app.add_option("files", files, "files to read")->type_name("FILE");
    app.add_option("--colour", colour, "of the output")->check(one_of({"red", "green"}))->type_name("COLOUR");
    CLI::App* verb = app.add_subcommand("paint", "puts colour on a thing");
    verb->fallthrough();
    verb->add_flag("-t,--twice", twice, "two coats");
    verb->add_option("thing", thing, "what to paint")->required();
  }

  // What is said of a command line; "" when it is fine.
  std::string refusal(std::vector<std::string> words) {
    std::ranges::reverse(words);  // as CLI11 takes them
    try {
      app.parse(words);
    } catch (const CLI::ParseError& e) {
      const ToolError error = usage_error(app, e);
      EXPECT_EQ(error.code, ExitCode::Usage);
      return error.message;
    }
    const auto mistake = mistaken_verb(app);
    return mistake ? mistake->message : "";
  }

  CLI::App app{"Paints things.\n\n  dn-paint paint door    one coat\n", "dn-paint"};
  CommonFlags common;
  std::vector<std::string> files;
  std::string colour, thing;
  bool twice = false;
};

TEST_F(CommandLine, IsToldWithItsVerbsWordsAndChoices) {
  const ToolInterface t = interface_of(app);
  const auto flag = std::ranges::find(t.top.flags, "--colour", &FlagInfo::longest);
  ASSERT_NE(flag, t.top.flags.end());
  EXPECT_EQ(flag->value, "COLOUR");
  EXPECT_THAT(flag->choices, ElementsAre("red", "green"));
  EXPECT_FALSE(flag->common);
  ASSERT_EQ(t.verbs.size(), 1U);
  ASSERT_EQ(t.verbs[0].flags.size(), 1U) << "the flags of help are told once, for the tool";
  EXPECT_THAT(t.verbs[0].flags[0].names, ElementsAre("--twice", "-t"));
  ASSERT_EQ(t.verbs[0].words.size(), 1U);
  EXPECT_TRUE(t.verbs[0].words[0].required);
  EXPECT_TRUE(std::ranges::find(t.top.flags, "--db", &FlagInfo::longest)->common);
}

TEST_F(CommandLine, HelpBeginsWithTheExamplesAndFitsAScreen) {
  const std::string text = short_help(interface_of(app));
  EXPECT_LT(text.find("dn-paint paint door"), text.find("usage:"));
  EXPECT_THAT(text, HasSubstr("paint thing [--twice]"));
  EXPECT_LE(static_cast<std::size_t>(std::ranges::count(text, '\n')), kScreenLines);
  EXPECT_THAT(long_help(interface_of(app)), HasSubstr("two coats"));
}

TEST_F(CommandLine, SaysWhatWasProbablyMeant) {
  EXPECT_EQ(refusal({"--color", "red"}), "--color is not a flag of dn-paint; did you mean --colour?");
  EXPECT_EQ(refusal({"-verbose"}), "-verbose is not a flag of dn-paint; did you mean --verbose?");
  EXPECT_EQ(refusal({"--frobnicate"}), "--frobnicate is not a flag of dn-paint");
  EXPECT_EQ(refusal({"--twice"}), "--twice belongs to a verb: dn-paint paint --twice");
  EXPECT_THAT(refusal({"--colour", "gren"}), HasSubstr("\"gren\" is not one of red, green; did you mean green?"));
  EXPECT_EQ(refusal({"piant", "door"}), "piant is neither a file nor a verb; did you mean dn-paint paint?");
}

TEST_F(CommandLine, TakesAFileThatIsThereForAFile) {
  const TempDir dir;
  const std::string file = dir / "paints";
  std::ofstream(file) << "x";
  EXPECT_EQ(refusal({file}), "");
  EXPECT_EQ(refusal({"doors.toml"}), "") << "not nearly a verb";
}

// What help says of a default must be what counts.
TEST(Keys, TellTheDefaultsThatCount) {
  const TaskSpec untouched;
  for (const KeyInfo& k : task_keys()) {
    const auto at = k.help.find("(default ");  // "(default: ...)" is told in words
    if (at == std::string_view::npos) continue;
    std::string_view told = k.help.substr(at + 9);
    told = told.substr(0, told.find_first_of(";,) "));
    EXPECT_EQ(told, get_task_key(untouched, k.key).value_or("none")) << k.key;
  }
  for (const KeyInfo& k : trigger_keys()) {
    const auto value = get_trigger_default(k.key);
    EXPECT_THAT(std::string(k.help), HasSubstr(value ? fmt::format("(default {})", *value) : "")) << k.key;
  }
}

}  // namespace
}  // namespace dn::app
