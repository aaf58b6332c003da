// One call to AWS as its parts, and the writer that turns it into a CloudTrail 1.11 record.
//
// A `call` is filled by habits, jobs and attacks from the catalogue (catalogue.hpp), then written
// once. Its strings keep their memory from record to record: nothing is allocated once they grew.
#pragma once

#include "nodes/simulate/prng.hpp"
#include "nodes/simulate/world.hpp"

#include <array>
#include <string>
#include <string_view>

namespace vedette::simulate {

struct action;

struct call {
  // Set by start_call
  const simulate::tenant* tenant = nullptr;
  const identity* who = nullptr;
  const session* with = nullptr;
  base::event_time time;

  const action* what = nullptr;
  std::string_view region;
  std::uint32_t address = 0;
  std::string_view agent; ///< constant or owned by someone who outlives the call
  std::string_view
      invoked_by; ///< a service acting on the identity's behalf; replaces address and agent
  bool as_service = false; ///< userIdentity.type AWSService: `invoked_by` itself is the caller
  std::string_view error;  ///< error code; empty: it worked
  std::string message;
  /// Arguments of the templates: %b bucket, %k key, %1..%4.
  std::string bucket, key;
  std::array<std::string, 4> arg;
  std::uint64_t bytes_out = 0;
  bool mfa = false;
  bool by_endpoint = false; ///< through a VPC endpoint, from a private address

  std::string id; ///< eventID; the writer draws it
};

/// Empties `c` for a new record by this session, with the session's own address.
void start_call(call& c, const tenant& t, const identity& who, const session& with,
                base::event_time now);

/// Appends the record as one JSON object on one line.
void write_record(std::string& out, call& c, prng& random);

/// Marks the call refused for want of permission, in the words of the called service.
void deny(call& c);
/// Marks the call failed.
void fail(call& c, std::string_view code, std::string_view message);

} // namespace vedette::simulate
