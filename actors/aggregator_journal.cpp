#include "actors/aggregator_journal.hpp"

#include "actors/partition_state.hpp"
#include "actors/tenant_codec.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <memory>
#include <utility>

namespace vedette::actors {

append_item item_of(aggregator_pointer self, state::entry_kind kind, std::string body) {
  return {++self->state.last_token, kind, fold_version,
          std::make_shared<const std::string>(std::move(body))};
}

void journal(aggregator_pointer self, const base::tenant_id& tenant,
             std::vector<respond::input> inputs,
             const std::function<void(const respond::outputs&)>& then,
             std::function<void(const base::error&)> failed) {
  auto& st = self->state;
  std::vector<append_item> items;
  const auto all = std::make_shared<respond::outputs>();
  for (auto& in : inputs) {
    items.push_back(
        item_of(self, kind_of(in), schemas::encode(schemas::tenant_entry{tenant, encode(in)})));
    const bool last = &in == &inputs.back();
    st.appended[st.last_token] = {{tenant, std::move(in), nullptr},
                                  [all, last, then](const respond::outputs& said) {
                                    if (said.refused)
                                      all->refused = said.refused;
                                    if (last && then)
                                      then(*all);
                                  },
                                  last ? std::move(failed)
                                       : std::function<void(const base::error&)>{}};
  }
  st.copy->replica().append(std::move(items));
}

} // namespace vedette::actors
