#include <algorithm>

#include "live/venues.h"

namespace dn::live {
namespace {

using venues::Outcome;
using venues::Problem;
using venues::VenueFacts;

constexpr int kLookSamples = 3;
constexpr int kLookTries = 2;                     // of each question, while no answer comes
constexpr Dur kLookPatience = Dur::seconds(5);    // of each call, the wait for request budget included
constexpr Dur kWholePatience = Dur::seconds(20);  // of all

}  // namespace

// The questions of one venue, one after the other. What the venue does not answer is left behind.
class Venues::Looking {
 public:
  Looking(Desk& desk, const Want& want, std::unique_ptr<venues::VenueApi> api, const std::optional<VenueFacts>& known)
      : desk_(desk), orders_(want.orders), api_(std::move(api)) {
    look_.venue = want.venue;
    if (!known) {
      ask_time();
      return;
    }
    look_.clock = Outcome<Dur>(desk_.offset());
    look_.facts = Outcome<VenueFacts>(*known);
    if (orders_) look_.account = Outcome<void>();
    ask_depth();
  }

  bool done() const { return done_; }
  // Also of a look that was not waited for to its end.
  Look result() const {
    Look out = look_;
    if (!out.clock) out.clock = Outcome<Dur>(Unexpected{Problem{Problem::Kind::Unreachable, "it does not answer in time"}});
    return out;
  }

 private:
  // Asks until there is an answer or it is the last try, then goes on with it. Answers may come when nobody looks any more.
  template <class Answer, class Ask>
  void ask(const Ask& question, const std::function<void(const Outcome<Answer>&)>& then, int tries = kLookTries) {
    desk_.ask<Outcome<Answer>>(question(), Urgency::Routine, kLookPatience,
                               [this, alive = std::weak_ptr<bool>(alive_), question, then, tries](const Outcome<Answer>& a) {
                                 if (alive.expired()) return;
                                 if (!a && a.error().kind == Problem::Kind::Unreachable && tries > 1) return ask<Answer>(question, then, tries - 1);
                                 then(a);
                               });
  }

  void ask_time() {
    const auto question = [this] {
      sent_ = desk_.now();  // of the try that is answered: the time of an earlier one would be taken for a slow clock
      return api_->server_time();
    };
    ask<Time>(question, [this](const Outcome<Time>& t) { on_time(t); });
  }
  void on_time(const Outcome<Time>& t) {
    if (!t) {
      look_.clock = Outcome<Dur>(Unexpected{t.error()});
      done_ = true;  // what does not tell the time tells nothing
      return;
    }
    desk_.clock_sample(sent_, desk_.now(), *t);
    if (++samples_ < kLookSamples) return ask_time();
    look_.clock = desk_.clock_is_good() || desk_.clock_is_wrong() ? Outcome<Dur>(desk_.offset()) : Outcome<Dur>(Unexpected{desk_.clock_untold()});
    ask<VenueFacts>([this] { return api_->market(); }, [this](const Outcome<VenueFacts>& f) { on_market(f); });
  }
  void on_market(const Outcome<VenueFacts>& f) {
    look_.facts = f;
    if (!f) {
      done_ = true;
      return;
    }
    if (!orders_) return ask_depth();
    ask<VenueFacts>([this] { return api_->account(**look_.facts); }, [this](const Outcome<VenueFacts>& a) { on_account(a); });
  }
  void on_account(const Outcome<VenueFacts>& a) {
    if (a) {
      look_.facts = a;
      look_.account = Outcome<void>();
    } else {
      look_.account = Outcome<void>(Unexpected{a.error()});
    }
    ask_depth();
  }
  void ask_depth() {
    api_->set_instrument((*look_.facts)->instrument);
    ask<venues::Depth>([this] { return api_->depth(); },
                       [this](const Outcome<venues::Depth>& d) {
                         look_.depth = d;
                         ask_right();
                       });
  }
  void ask_right() {
    if (!look_.account || !*look_.account) {
      done_ = true;
      return;
    }
    ask<void>([this] { return api_->trade_right(); },
              [this](const Outcome<void>& r) {
                look_.trade_right = r;
                done_ = true;
              });
  }

  Desk& desk_;
  bool orders_;
  std::unique_ptr<venues::VenueApi> api_;
  Look look_;
  bool done_ = false;
  int samples_ = 0;
  Time sent_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::vector<Look> Venues::look(const std::vector<Want>& wants, const std::vector<std::optional<VenueFacts>>& known, const std::function<bool()>& stop) {
  std::vector<std::unique_ptr<Looking>> all;
  all.reserve(wants.size());
  for (std::size_t i = 0; i < wants.size(); ++i) {
    const Want& w = wants[i];
    all.push_back(std::make_unique<Looking>(desk(w.venue), w, make(w.venue, w.symbol, w.orders), known[i]));
  }
  (void)run_until([&] { return std::ranges::all_of(all, [](const auto& l) { return l->done(); }); }, kWholePatience, stop);
  std::vector<Look> out;
  out.reserve(all.size());
  for (const auto& l : all) out.push_back(l->result());
  return out;
}

}  // namespace dn::live
