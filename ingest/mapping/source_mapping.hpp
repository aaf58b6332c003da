// One mapping file, compiled: how a vendor's record becomes an event without code of its own
// (docs/sources/mapping.md describes the file).
//
// Made by the loader (ingest/mapping/loader.hpp), immutable afterwards, shared by all ingest
// threads. Fields stand in the order of the file.
#pragma once

#include "base/event.hpp"
#include "ingest/mapping/mapped_time.hpp"
#include "ingest/mapping/pattern.hpp"
#include "ingest/mapping/value_plan.hpp"
#include "ingest/taxonomy.hpp"

#include <memory>
#include <string>
#include <vector>

namespace vedette::ingest {

/// What one value must be: any of the texts. `Where` says how the value is found.
template <class Where>
struct condition {
  Where where;
  std::vector<text_pattern> any_of;
};
template <class Where>
using all_of = std::vector<condition<Where>>;
/// Holds when one of them does; an empty list never does.
template <class Where>
using any_of = std::vector<all_of<Where>>;

/// Over the values of a record's plan: a condition's `where` is a pointer's index.
using record_test = any_of<std::size_t>;

struct mapped_part {
  static constexpr std::size_t none = ~std::size_t{0};
  std::string text;           ///< literal, before the value
  std::size_t pointer = none; ///< none: the last part
};
struct mapped_text {
  std::vector<mapped_part> parts;
  record_test when; ///< empty: always
};
/// The first of several texts whose test holds and all of whose values are there.
using mapped_value = std::vector<mapped_text>;

/// The first whose test holds, else `otherwise`.
template <class E>
struct choice {
  struct option {
    E value;
    record_test when;
  };
  std::vector<option> options;
  E otherwise{};
};

struct skip_rule {
  record_test when;
  std::string why;
};

/// What the marks of a record are looked for in: one of its own members, and the way from there.
struct marked_member {
  std::string member;
  std::vector<std::string> steps;
};

struct source_mapping {
  std::string name; ///< "okta"
  any_of<marked_member> marks;

  value_plan plan;
  std::vector<skip_rule> skips;
  mapped_value time;
  time_unit unit = time_unit::none;

  choice<base::cloud> cloud{{}, base::cloud::other};
  mapped_value id, account, region, service, action, activity, error;
  mapped_value identity, identity_name, session, workload, address, user_agent;
  choice<base::outcome> result;
  choice<base::identity_type> actor;
  choice<base::session_class> holder;
  record_test read_only;

  mapped_value resources, targets;         ///< all of them, not the first
  std::vector<std::size_t> bytes;          ///< summed
  std::vector<std::size_t> count;          ///< the first above 0
  std::vector<text_pattern> everyone, own; ///< what targets may be called
  std::vector<text_pattern> admin;         ///< what a grant may be called that gives everything
  std::vector<text_pattern> empty;         ///< texts that stand for no value

  std::shared_ptr<const taxonomy> actions; ///< never null; of this source alone

  /// Why a record of it is refused; made once.
  std::string no_time, no_action, no_actor;
};

} // namespace vedette::ingest
