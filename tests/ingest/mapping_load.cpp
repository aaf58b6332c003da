// What a mapping file may say, and how it is told what it may not.
#include "tests/ingest/records.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::ingest;

namespace {

constexpr const char* head = "source: one\nrecognise: {/x: \"*\"}\n";
constexpr const char* event_section =
    "event: {time: /at, service: s, action: /do, identity: /who}\n";

} // namespace

TEST_CASE("a mapping file that is wrong says so in one line with file, line and key",
          "[ingest][mapping]") {
  struct row {
    const char* why;
    std::string text;
    const char* what;
  };
  const std::string h = head, e = event_section;
  static const auto long_name = "f.yaml: line 4: event.id: '/" + std::string(64, 'n') +
                                "' has a step that is not 1..63 bytes long";
  const auto r = GENERATE_COPY(values<row>({
      {"empty", "", "f.yaml: line 1: source: the file must be a mapping of keys"},
      {"no YAML", "a: [", "f.yaml: line 1: end of sequence flow not found"},
      {"never ends", ", a", "f.yaml: line 1: is no YAML that could be read to its end"},
      {"no source", e, "f.yaml: line 1: source: is missing: it names the source"},
      {"a bad name", "source: My Source\n",
       "f.yaml: line 1: source: 'My Source' must be 1..32 of [a-z0-9_]"},
      {"no marks", "source: one\n" + e,
       "f.yaml: line 1: recognise: is missing: it says which records are of this source"},
      {"marks that are none", "source: one\nrecognise: always\n",
       "f.yaml: line 2: recognise: must be a mapping from JSON pointers to texts"},
      {"a mark that is no pointer", "source: one\nrecognise: {x: \"*\"}\n",
       "f.yaml: line 2: recognise: 'x' is no JSON pointer; it must start with '/'"},
      {"no time", h + "event: {service: s, action: /do, identity: /who}\n",
       "f.yaml: line 1: event.time: is missing: it says when it happened"},
      {"no actor", h + "event: {time: /at, service: s, action: /do}\n",
       "f.yaml: line 1: event.identity: is missing: it says who did it"},
      {"no action", h + "event: {time: /at, service: s, identity: /who}\n",
       "f.yaml: line 1: event.action: is missing: it says what was done"},
      {"no service", h + "event: {time: /at, action: /do, identity: /who}\n",
       "f.yaml: line 1: event.service: is missing: it says what was called"},
      {"an unknown key", h + e + "extra: 1\n",
       "f.yaml: line 4: extra: is an unknown key; known are source, cloud, recognise, empty, skip, "
       "event, everyone, own, admin, services, cases"},
      {"a key given twice", h + e + "source: two\n", "f.yaml: line 4: source: is given twice"},
      {"a field given twice", h + "event:\n  time: /a\n  time: /b\n",
       "f.yaml: line 5: event.time: is given twice"},
      {"an unknown unit", h + "event:\n  time: /a\n  time.unit: days\n",
       "f.yaml: line 5: event.time.unit: 'days' is none of s, ms, us, ns"},
      {"an unknown outcome", h + "event:\n  outcome: {refused: {/a: b}}\n",
       "f.yaml: line 4: event.outcome: 'refused' is none of ok, denied, throttled, limited, "
       "failed"},
      {"an unknown cloud", "source: one\ncloud: moon\n",
       "f.yaml: line 2: cloud: 'moon' is none of unknown, aws, azure, gcp, k8s, okta, github, "
       "other"},
      {"a brace that stays open", h + "event:\n  id: \"{/a\"\n",
       "f.yaml: line 4: event.id: '{/a' has a brace that is not closed"},
      {"a brace without a pointer", h + "event:\n  id: \"{a}\"\n",
       "f.yaml: line 4: event.id: 'a' is no JSON pointer; it must start with '/'"},
      {"a selection that is none", h + "event:\n  id: \"/a/[b]/c\"\n",
       "f.yaml: line 4: event.id: '[b]' must be '[name=text]'"},
      {"a step without a name", h + "event:\n  id: /a//b\n",
       "f.yaml: line 4: event.id: '/a//b' has a step that is not 1..63 bytes long"},
      {"a name that no parser keeps", h + "event:\n  id: /" + std::string(64, 'n') + "\n",
       long_name.c_str()},
      {"an empty value", h + "event:\n  id: \"\"\n", "f.yaml: line 4: event.id: must not be empty"},
      {"a mapping for a value", h + "event:\n  id: {a: b}\n",
       "f.yaml: line 4: event.id: a value with a condition has `value` and `when`, and nothing "
       "else"},
      {"a condition that is none", h + "event:\n  id: {value: /a, when: always}\n",
       "f.yaml: line 4: event.id: must be a mapping from JSON pointers to texts"},
      {"a list of lists for a value", h + "event:\n  id: [[/a]]\n",
       "f.yaml: line 4: event.id: must be one text"},
      {"a cloud of the moon", h + "event:\n  cloud: {moon: {/a: b}}\n",
       "f.yaml: line 4: event.cloud: 'moon' is none of unknown, aws, azure, gcp, k8s, okta, "
       "github, "
       "other"},
      {"skipped without a reason", h + e + "skip:\n  - {when: {/a: b}}\n",
       "f.yaml: line 5: skip: each has `when` and `why`, and nothing else"},
      {"an activity that does not read", h + e + "services:\n  s:\n    read: {verb: x}\n",
       "f.yaml: reading activities: s read (line 6): has an unknown key 'verb'; known are "
       "activity, "
       "resources, targets, policies, count, bytes, read_only"},
  }));
  INFO(r.why);
  const auto made = compile_mapping({"f.yaml", r.text});
  REQUIRE_FALSE(made);
  CHECK(made.err().context == r.what);
  CHECK(made.err().code == base::ec::malformed);
}

TEST_CASE("an unknown field names all that are known", "[ingest][mapping]") {
  const auto made = compile_mapping({"f.yaml", std::string{head} + "event: {actor: /who}\n"});
  REQUIRE_FALSE(made);
  CHECK(made.err().context.starts_with(
      "f.yaml: line 3: event.actor: is an unknown field; known are time, time.unit, id,"));
}

TEST_CASE("two files cannot describe one source", "[ingest][mapping]") {
  const std::string text = std::string{head} + event_section;
  const auto set = mapping_set::load({{"a.yaml", text}, {"b.yaml", text}});
  REQUIRE_FALSE(set);
  CHECK(set.err().context == "b.yaml: line 1: source: another file describes 'one' already");
}

TEST_CASE("what is no mapping file is told from one that is", "[ingest][mapping]") {
  CHECK(is_mapping_file(std::string{head} + event_section));
  CHECK_FALSE(is_mapping_file("title: a rule\ndetection: {}\n"));
  CHECK_FALSE(is_mapping_file("source: one\n"));
  CHECK_FALSE(is_mapping_file("- a\n"));
  CHECK_FALSE(is_mapping_file(", a"));
  CHECK_FALSE(is_mapping_file("a: ["));
}
