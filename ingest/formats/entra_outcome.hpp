// Whether a sign-in, a change in the directory or a call of Graph worked.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/entra_record.hpp"

namespace vedette::ingest {

/// Of a sign-in's error code: 0 is success. Refusals are denied; what only interrupts a sign-in
/// (more proof is asked for) is failed, as is the lock after too many tries.
[[nodiscard]] base::outcome sign_in_outcome_of(std::string_view code) noexcept;

/// Sets result and error.
void judge_entra_outcome(const entra_record& record, base::arena& memory, base::event& out);

} // namespace vedette::ingest
