// The short form of the fuzzing, in every build: each target over its kept corpus, over the recorded payloads, and over some
// damage of its corpus that is the same each time.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"
#include "mutate.h"
#include "promises.h"
#include "targets.h"

namespace dn::fuzz {

// How a failure names its target; found by its argument, so not in the namespace below.
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_of(const fs::path& dir) {
  std::vector<fs::path> out;
  if (!fs::exists(dir)) return out;
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

const fs::path kCorpora = fs::path(DN_SOURCE_DIR) / "tests/fuzz/corpus";

std::vector<std::string> corpus_of(const std::string& target) {
  std::vector<std::string> out;
  for (const fs::path& p : files_of(kCorpora / target)) out.push_back(file_text(p));
  return out;
}

// An input as one line of C++: what is not plain is written in octal.
std::string quoted(std::string_view input) {
  std::string out;
  for (const char c : input) {
    const unsigned b = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      for (const unsigned shift : {6U, 3U, 0U}) out += (shift == 6U ? "\\" : "") + std::to_string((b >> shift) & 7U);
    }
  }
  return out;
}

bool keeps_promises(const Target& target, std::string_view input) {
  try {
    try_target(target, input);
    return true;
  } catch (const Broken& broken) {
    ADD_FAILURE() << target.name << " broke \"" << broken.what() << "\" for \"" << quoted(input) << "\"";
    return false;
  }
}

// Every object and list in the recorded payloads, and the binary frames, as lines of an input.
struct Recorded {
  std::vector<std::string> texts;
  std::vector<std::string> frames;
};

void collect(const simdjson::dom::element& e, int depth, std::set<std::string>* texts, std::set<std::string>* frames) {
  constexpr std::size_t kLongest = 6000;
  constexpr int kDeepest = 5;
  std::string_view text;
  if (e.get(text) == simdjson::SUCCESS && text.size() >= 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    frames->insert(line_of_binary(bytes));
  }
  if (depth > kDeepest) return;
  if (e.is_object() || e.is_array()) {
    if (std::string s = simdjson::minify(e); s.size() <= kLongest) texts->insert(std::move(s));
  }
  if (e.is_object()) {
    for (const auto m : simdjson::dom::object(e.get_object())) collect(m.value, depth + 1, texts, frames);
  } else if (e.is_array()) {
    for (const auto m : simdjson::dom::array(e.get_array())) collect(m, depth + 1, texts, frames);
  }
}

const Recorded& recorded(const std::string& venue) {
  static std::map<std::string, Recorded> known;
  const auto [at, is_new] = known.try_emplace(venue);
  if (!is_new) return at->second;
  const char* dir = std::getenv("DN_TEST_VENUES");
  const fs::path base = dir != nullptr ? fs::path(dir) : fs::path(DN_SOURCE_DIR) / "../shared/venues/fixtures";
  std::set<std::string> texts;
  std::set<std::string> frames;
  for (const fs::path& p : files_of(base / venue)) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.load(p.string()).get(root) == simdjson::SUCCESS) collect(root, 0, &texts, &frames);
  }
  at->second = {{texts.begin(), texts.end()}, {frames.begin(), frames.end()}};
  return at->second;
}

// One payload as inputs of a target: as a success, as a row of a list and as a refusal, to one question after the other.
std::string input_of(const Target& target, std::string_view payload, std::size_t nth) {
  std::string s;
  if (!target.choices.empty()) s += target.choices[nth % target.choices.size()] + std::string(nth % 2 == 0 ? "" : "v") + "\n";
  if (target.choices == "pq") return s + "t" + std::string(payload) + "\nr2 " + std::string(payload);
  if (target.choices.empty()) return s + std::string(payload);
  constexpr std::array kHeads{"2 ", "4 ", "2*1"};
  return s + kHeads[nth / target.choices.size() % kHeads.size()] + std::string(payload);
}

class Fuzz : public ::testing::TestWithParam<Target> {};

TEST_P(Fuzz, KeptCorpus) {
  const auto corpus = corpus_of(GetParam().name);
  ASSERT_FALSE(corpus.empty()) << "no corpus at " << kCorpora / GetParam().name;
  for (const std::string& input : corpus) keeps_promises(GetParam(), input);
}

TEST_P(Fuzz, RecordedPayloads) {
  const Target& target = GetParam();
  const Recorded& r = recorded(target.venue == Venue::MexcSpot ? "mexc" : "gate");
  if (r.texts.empty()) GTEST_SKIP() << "no recorded payloads (set DN_TEST_VENUES to the directory that holds gate/ and mexc/)";
  std::size_t nth = 0;
  for (const std::string& text : r.texts) {
    if (!keeps_promises(target, input_of(target, text, nth++))) return;
  }
  if (target.choices != "pq") return;
  for (const std::string& frame : r.frames) keeps_promises(target, "p\n" + frame + "\n" + frame + "\no\n" + frame);
}

TEST_P(Fuzz, SomeDamage) {
  constexpr int kTries = 500;
  const auto corpus = corpus_of(GetParam().name);
  Mutator mutator(fnv1a(GetParam().name));
  for (int i = 0; i < kTries && !corpus.empty(); ++i) {
    const std::string& one = corpus[static_cast<std::size_t>(i) % corpus.size()];
    if (!keeps_promises(GetParam(), mutator.of(one, corpus[mutator.below(corpus.size())]))) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Decoders, Fuzz, ::testing::ValuesIn(targets()), [](const auto& test) { return test.param.name; });

// A venue that never comes to the end of its pages is left after some of them. No row is ours, so that every page is read.
TEST(FuzzPages, EndlessListsEnd) {
  const std::string mexc =
      R"({"id":"#","orderId":"8","status":"FILLED","executedQty":"1","origQty":"1","price":"1","side":"BUY","qty":"1","commission":"0","isBuyer":true,"time":169#0000000})";
  const ClientOrderId id(kClientId);
  for (const Venue venue : {Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures}) {
    const auto api = venues::registered(venue).make({venue, {Asset("BTC"), Asset("USDT")}, {Secret("key"), Secret("secret")}});
    const std::string answers = "2*7" + (venue == Venue::MexcSpot ? mexc : "{}");
    const auto endless = [&] { return Replies(Lines(answers), 100'000'000); };
    EXPECT_EQ(ask(api->lookup(id, {}, LookupStage::History), endless()).answer.outcome, LookupOutcome::Failed) << name(venue);
    EXPECT_FALSE(ask(api->trades(id, {}), endless()).answer.answered) << name(venue);
    EXPECT_FALSE(ask(api->survey(Time{}), endless()).answer) << name(venue);
    if (venue != Venue::MexcSpot) {
      EXPECT_EQ(ask(api->lookup(id, {}, LookupStage::OpenOrders), endless()).answer.outcome, LookupOutcome::Failed) << name(venue);
    }
  }
}

// The build reads the names from a file of its own.
TEST(FuzzTargets, AllAreBuilt) {
  std::ifstream in(fs::path(DN_SOURCE_DIR) / "tests/fuzz/targets.txt");
  std::multiset<std::string> listed{std::istream_iterator<std::string>(in), {}};
  std::multiset<std::string> known;
  for (const Target& t : targets()) known.insert(t.name);
  EXPECT_EQ(listed, known);
}

}  // namespace
}  // namespace dn::fuzz
