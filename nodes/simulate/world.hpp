// The synthetic tenants: their accounts, buckets, networks, and the identities that work in them.
//
// Built once from the options, then only sessions change: credentials expire, people move between
// office, home and rare travel, functions get new sandboxes. About 300 bytes per identity. The
// benign stream, the nightly jobs and the attacks all act through these identities.
#pragma once

#include "base/time.hpp"
#include "nodes/simulate/generator.hpp"
#include "nodes/simulate/prng.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::simulate {

/// What an identity is; decides its credentials, addresses, programs and habits.
enum class kind : std::uint8_t {
  person,   ///< IAM user with console and command line
  employee, ///< single sign-on through a permission-set role
  program,  ///< IAM user with a static key, for a partner's integration
  pipeline, ///< CI role: GitHub Actions or CodeBuild
  function, ///< Lambda execution role
  instance, ///< EC2 instance profile
  task,     ///< ECS task role
  pod,      ///< EKS service account role
  scaler,   ///< service-linked role acting through autoscaling
  backup,   ///< copies whole buckets at night
  copier,   ///< AWS Backup's role
  drift,    ///< Terraform drift detection
  stackset, ///< CloudFormation StackSets execution role
  lake,     ///< query role that Athena reads with
};
inline constexpr std::size_t kinds = 14;

struct session {
  std::string key; ///< access key id
  std::uint32_t address = 0;
  base::event_time created, expires;
  bool console = false;
};

struct identity {
  simulate::kind kind = kind::person;
  std::uint8_t account = 0;        ///< index into the tenant's accounts
  std::uint8_t region = 0;         ///< home region
  std::uint32_t number = 0;        ///< within the tenant
  std::uint32_t app = 0;           ///< names, buckets and tables it works on
  std::string name;                ///< user or role name
  std::string session_name;        ///< function, instance id, mail address …
  std::string principal;           ///< AIDA… or AROA…
  std::array<session, 2> sessions; ///< functions run two sandboxes, people command line and console
  std::uint8_t agent = 0;          ///< which program of its kind it uses
  bool abused = false;             ///< an attack has taken it; others choose someone else
};

struct tenant {
  std::string name;
  std::uint32_t index = 0;
  std::array<std::string, 3> accounts; ///< production, staging, data
  std::uint32_t city = 0;              ///< of its office
  std::uint8_t region = 0, second_region = 0;
  int utc_offset_hours = 0;
  std::vector<std::string> buckets; ///< see bucket_of
  std::vector<identity> identities; ///< ordered by kind
  std::array<std::uint32_t, kinds + 1>
      first_of{}; ///< identities of kind k: [first_of[k], first_of[k+1])

  [[nodiscard]] std::uint32_t count(simulate::kind k) const {
    const auto i = static_cast<std::size_t>(k);
    return first_of[i + 1] - first_of[i];
  }
  [[nodiscard]] identity& any(simulate::kind k, prng& random) {
    return identities[first_of[static_cast<std::size_t>(k)] + random.below(count(k))];
  }
  [[nodiscard]] std::uint32_t local_hour(base::event_time t) const;
  /// When the local day of `t` began; it does at four in the morning, when people sleep.
  [[nodiscard]] base::event_time day_start(base::event_time t) const;
};

/// The first lake_buckets are a data lake, then the backups, then one per application.
inline constexpr std::uint32_t lake_buckets = 6;
inline constexpr std::uint32_t backup_buckets = 2;
inline constexpr std::uint32_t apps = 16;

struct world {
  std::vector<tenant> tenants;
};

[[nodiscard]] world make_world(const options& o);

/// A session of `who` that is valid at `now`; makes a new one when the old has expired, and then
/// sets `renewed`. Which of the two sessions is the caller's choice (0 or 1).
session& session_at(const tenant& t, identity& who, std::uint32_t which, base::event_time now,
                    prng& random, bool& renewed);

/// Where a person is at `now`: office, home, or rarely another city for a whole week.
[[nodiscard]] std::uint32_t person_address(const tenant& t, const identity& who,
                                           base::event_time now);

[[nodiscard]] bool is_role(kind k);
/// What stands between account and name in the ARN of a role of this kind.
[[nodiscard]] std::string_view role_path(kind k);
/// "arn:aws:iam::123456789012:role/name": the long-lived key the label carries.
[[nodiscard]] std::string arn_of(const tenant& t, const identity& who);
[[nodiscard]] std::string settings_yaml(const tenant& t);

/// An identity of kind `k` no attack has taken yet, if there is one; marks it taken.
[[nodiscard]] identity& take_victim(tenant& t, kind k, prng& random);

} // namespace vedette::simulate
