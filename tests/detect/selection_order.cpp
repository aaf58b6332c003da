// What is cheap is asked first, wherever the author wrote it.
#include "tests/detect/language_record.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using test::load;
using test::record;

namespace {

/// Remembers which fields were asked for.
class asked_view final : public base::field_view {
 public:
  explicit asked_view(const base::field_view& inner) : inner_{inner} {}
  [[nodiscard]] std::span<const base::scalar> find(const base::field_name& field) const override {
    asked.push_back(field.text);
    return inner_.find(field);
  }
  [[nodiscard]] std::span<const base::scalar> all() const override {
    asked.emplace_back("everything");
    return inner_.all();
  }
  mutable std::vector<std::string> asked;

 private:
  const base::field_view& inner_;
};

} // namespace

TEST_CASE("selection: what decides cheaply is asked before expressions and the record") {
  struct row {
    const char* why;
    const char* detection;
    std::vector<std::string> asked;
  };
  for (const auto& r : std::vector<row>{
           {"a field of the event before one of the record",
            "  a: {requestParameters.name: x, outcome: ok}\n  condition: a",
            {"outcome"}},
           {"between selections",
            "  slow: {requestParameters.name|re: 'x'}\n  cheap: {outcome: ok}\n"
            "  condition: slow and cheap",
            {"outcome"}},
           {"behind a not",
            "  slow: {requestParameters.name|re: 'x'}\n  cheap: {outcome: denied}\n"
            "  condition: not slow and not cheap",
            {"outcome"}},
           {"in an or that holds",
            "  a: {outcome: ok}\n  b:\n    - words\n  c: {outcome: denied}\n"
            "  condition: a and (b or c) or c",
            {"outcome"}},
           {"few values before many",
            "  a: {outcome: [ok, failed, limited], region: [r1, r2, r3, r4], account: '1'}\n"
            "  condition: a",
            {"account"}}}) {
    INFO(r.why);
    const auto rules = load(test::rule_with(r.detection));
    const record of{"{requestParameters: {name: x}}",
                    {{"outcome", "denied"}, {"region", "r1"}, {"account", "2"}}};
    const asked_view fields{of};
    base::arena memory;
    std::vector<base::match> out;
    rules->run_all(of.event, fields, memory, out);
    fields.asked.erase(std::unique(fields.asked.begin(), fields.asked.end()), fields.asked.end());
    CHECK(fields.asked == r.asked);
  }
}
