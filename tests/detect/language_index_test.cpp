// The index: it never changes what matches, and rules that cannot match cost nothing.
#include "tests/detect/language_record.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace vedette;
using test::load;
using test::record;

namespace {

/// Counts look-ups: what an event costs.
class counting_view final : public base::field_view {
 public:
  explicit counting_view(const base::field_view& inner) : inner_{inner} {}
  [[nodiscard]] std::span<const base::scalar> find(const base::field_name& field) const override {
    ++finds;
    return inner_.find(field);
  }
  [[nodiscard]] std::span<const base::scalar> all() const override { return inner_.all(); }
  mutable std::size_t finds = 0;

 private:
  const base::field_view& inner_;
};

std::string numbered_rule(int i, const std::string& detection) {
  return "title: t\nname: r" + std::to_string(i) +
         "\nlogsource: {product: vedette}\ndetection: " + detection + "\n---\n";
}

template <class T, std::size_t N>
const T& pick(std::mt19937_64& random, const T (&from)[N]) {
  return from[random() % N];
}

} // namespace

TEST_CASE("with the index or without it, the same rules match") {
  static const std::string services[] = {"s3.amazonaws.com", "EC2.amazonaws.com",
                                         "iam.amazonaws.com"};
  static const std::string actions[] = {"Get", "put", "LIST", "Delete"};
  static const std::string activities[] = {"a.read", "a.write", ""};
  static const std::string outcomes[] = {"ok", "denied", "failed"};
  const auto line = [](std::mt19937_64& r) -> std::string {
    switch (r() % 10) {
    case 0:
      return "eventSource: " + pick(r, services);
    case 1:
      return "eventName: [" + pick(r, actions) + ", " + pick(r, actions) + "]";
    case 2:
      return "activity: " + (pick(r, activities).empty() ? std::string{"''"} : pick(r, activities));
    case 3:
      return "outcome: " + pick(r, outcomes);
    case 4:
      return "eventName|startswith: " + pick(r, actions).substr(0, 1);
    case 5:
      return "outcome|contains: e";
    case 6:
      return "f: 1";
    case 7:
      return "outcome|neq: " + pick(r, outcomes);
    case 8:
      return "activity: null";
    default:
      return "action|re: '^[GP]'";
    }
  };
  static const std::string conditions[] = {
      "a",         "a and b",           "a or b",      "not a",         "a and not b",
      "1 of them", "not (a or b) or c", "all of them", "c and (a or b)"};
  constexpr std::uint64_t seed = 20260302;
  std::mt19937_64 random{seed};
  std::string text;
  for (int i = 0; i < 400; ++i)
    text += numbered_rule(i, "{a: {" + line(random) + "}, b: [{" + line(random) + "}, {" +
                                 line(random) + "}], c: {" + line(random) +
                                 "}, condition: " + pick(random, conditions) + "}");
  const auto rules = load(text);
  std::size_t matched = 0;
  base::arena memory;
  for (int i = 0; i < 400; ++i) {
    const auto service = pick(random, services);
    const auto action = pick(random, actions);
    std::map<std::string, std::string> normalised = {
        {"outcome", pick(random, outcomes)}, {"service", service}, {"action", action}};
    if (const auto& activity = pick(random, activities); !activity.empty())
      normalised["activity"] = activity;
    const record r{"{eventSource: " + service + ", eventName: " + action +
                       ", f: " + std::to_string(random() % 2) + "}",
                   normalised};
    std::vector<base::match> indexed;
    std::vector<base::match> all;
    rules->run(r.event, r, memory, indexed);
    rules->run_all(r.event, r, memory, all);
    INFO("seed " << seed << ", event " << i);
    REQUIRE(indexed.size() == all.size());
    for (std::size_t k = 0; k < all.size(); ++k)
      REQUIRE(indexed[k].rule == all[k].rule);
    matched += all.size();
  }
  CHECK(matched > 10'000); // the rules are not so narrow that nothing is compared
}

TEST_CASE("ten thousand rules for other calls cost an event nothing") {
  std::string text = numbered_rule(
      0, "{a: {eventSource: s3.amazonaws.com, eventName: GetObject, f: 1}, condition: a}");
  const record r{"{eventSource: s3.amazonaws.com, eventName: GetObject, f: 1}"};
  const auto cost = [&r](const detect::ruleset& rules) {
    const counting_view view{r};
    base::arena memory;
    std::vector<base::match> out;
    rules.run(r.event, view, memory, out);
    CHECK(out.size() == 1);
    return view.finds;
  };
  const std::size_t alone = cost(*load(text));
  for (int i = 1; i <= 10'000; ++i)
    text += numbered_rule(i, i % 2 == 0 ? "{a: {eventSource: s3.amazonaws.com, eventName: Call" +
                                              std::to_string(i) + "}, condition: a}"
                                        : "{a: {activity: thing.do" + std::to_string(i) +
                                              "}, b: {outcome: denied}, condition: a and b}");
  std::vector<detect::rule_source> sources;
  for (std::size_t at = 0, n = 0; at < text.size(); ++n) {
    std::size_t end = std::min(at + 500'000, text.size());
    if (end < text.size())
      end = text.find("---\n", end) + 4;
    sources.push_back({"t" + std::to_string(n) + ".yaml", text.substr(at, end - at)});
    at = end;
  }
  const auto many = detect::ruleset::load(sources);
  INFO((many ? std::string{} : many.err().context));
  REQUIRE(many);
  CHECK((*many)->rules().size() == 10'001);
  CHECK(cost(**many) == alone);
}

TEST_CASE("an event whose outcome no rule wants is told apart without its record") {
  const auto rules = load(numbered_rule(0, "{a: {outcome: denied}, condition: a}"));
  const auto finds = [&rules](const char* outcome) {
    const record r{"{}", {{"outcome", outcome}}};
    const counting_view view{r};
    base::arena memory;
    std::vector<base::match> out;
    (void)rules->run(r.event, view, memory, out);
    return view.finds;
  };
  CHECK(finds("denied") > 0);
  CHECK(finds("ok") == 0);
}
