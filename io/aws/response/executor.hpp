// Carries out response steps on AWS: the calls of a plan, made as the tenant's own role.
//
// Which account is meant stands in the target's ARN or in the step's parameter Account; it must be
// one of the tenant's. The role there is taken with the tenant's external id; without one the
// node's own identity is used, and only where it is of that account. Parameters that are not the
// vendor's, and what this executor makes of them:
//
//   Account  Region           where, when the target does not say
//   Regions                   where to look for the target
//   Resource                  the ARN of a bucket
//   AddStatement, RemoveStatement
//                             of a bucket's policy, which is read, changed and written back
//   AccessKeyId               may be a shortened one: the user's keys are listed for it, and the
//                             whole id is kept nowhere
//
// Keeps a connection per tenant and account (at most 256). Blocks; one thread.
#pragma once

#include "base/tenant_settings.hpp"
#include "io/aws/response/look.hpp"
#include "io/clock/clock.hpp"
#include "respond/executor.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace vedette::io {

class aws_executor final : public respond::executor {
 public:
  /// `own` are completed when the first step is carried out.
  /// Each call waits for its answer for `wait`, and is made at most twice.
  explicit aws_executor(aws_settings own, std::chrono::milliseconds wait = std::chrono::seconds{5})
      : own_{std::move(own)}, wait_{wait} {}

  /// What it can carry out.
  [[nodiscard]] static const std::set<respond::step_kind>& kinds();

  base::result<respond::prior_values> read(const respond::action& a,
                                           const respond::execution_context& c) override;
  respond::step_answer execute(const respond::action& a, const respond::prior_values& prior,
                               const respond::execution_context& c) override;
  respond::verdict verify(const respond::action& a, const respond::execution_context& c) override;
  respond::step_answer revert(const respond::action& a, const respond::prior_values& prior,
                              const respond::execution_context& c) override;

 private:
  /// Of one action: where its calls go.
  struct desk {
    std::shared_ptr<aws_account> account;
    std::string number; ///< of the account the target lies in
    std::set<std::string> own_accounts;
    std::string region; ///< of the target's ARN; empty: the call says, or the node's own

    [[nodiscard]] std::string region_of(const call_parameters& parameters) const;
  };

  base::result<desk> desk_for(const respond::action& a, const base::tenant_settings& tenant);
  base::result<std::shared_ptr<aws_account>> account_for(const respond::action& a,
                                                         const std::string& number,
                                                         const base::tenant_settings& tenant);
  base::result<call_look> look(const desk& d, const respond::action& a,
                               const respond::vendor_call& call, const respond::prior_values& prior,
                               const respond::prior_values& results, base::receive_time at);
  base::result<respond::prior_values> perform(const desk& d, const std::string& api,
                                              call_parameters parameters);

  aws_settings own_;
  std::chrono::milliseconds wait_;
  std::shared_ptr<aws_credential_chain> chain_; ///< null until it was needed
  std::shared_ptr<aws_account> self_;           ///< as this node, without a role
  std::map<std::pair<std::string, std::string>, std::shared_ptr<aws_account>> accounts_;
};

} // namespace vedette::io
