// What is so now at the target of one call: whether the call would change anything, and the values
// a step needs to know or to go back to. Asks AWS, changes nothing.
#pragma once

#include "io/aws/response/account.hpp"
#include "respond/executor.hpp"

#include <set>
#include <string>

namespace vedette::io {

struct call_look {
  respond::verdict so = respond::verdict::unknown; ///< the target is what the call makes it
  respond::prior_values prior;                     ///< "${prior.NAME}"
  respond::prior_values results;                   ///< what the call would have answered, when so
};

struct look_request {
  const std::string& api;
  const call_parameters& parameters;
  std::string region;
  const std::set<std::string>& own_accounts; ///< others are outsiders that a share reaches
};

/// Parameters may hold placeholders that nobody can fill yet; what depends on them is not_so.
/// Errors: as aws_account::call; not_found when the target itself is gone; unsupported.
[[nodiscard]] base::result<call_look> look_at(aws_account& account, const look_request& r);

/// The access key id behind a shortened one (ingest/secrets.hpp), among those of the user; the same
/// text when it is whole. Error not_found when none fits.
[[nodiscard]] base::result<std::string> whole_key_id(aws_account& account, std::string_view user,
                                                     std::string_view shortened);

} // namespace vedette::io
