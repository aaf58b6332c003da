// Whether an Azure call worked: Resource Manager's status words and error codes, storage's HTTP
// codes.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/azure_record.hpp"

namespace vedette::ingest {

/// One operation of the Activity log is several records with one correlation id.
enum class azure_stage : std::uint8_t { begins, under_way, over };
[[nodiscard]] azure_stage stage_of(std::string_view status) noexcept;

/// Which kind of no an error code says; `failed` for those it does not know. Any case.
[[nodiscard]] base::outcome azure_outcome_of(std::string_view code) noexcept;

/// Sets result and error from the status, the code in the status message and the HTTP code.
void judge_azure_outcome(const azure_record& record, base::arena& memory, base::event& out);
/// The same for logs of storage and Key Vault, where the HTTP code decides.
void judge_resource_outcome(const azure_record& record, base::event& out) noexcept;

} // namespace vedette::ingest
