// Appends ids, numbers, addresses and times to a string the way AWS writes them.
//
// No state, no locale, no allocation once the string has grown; cost is the bytes written. The
// record writer and the template expander call it for every record.
#pragma once

#include "base/time.hpp"
#include "nodes/simulate/prng.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::simulate {

void put_number(std::string& out, std::uint64_t v);
/// `digits` lower-case hex digits.
void put_hex(std::string& out, prng& random, int digits);
/// `n` of A-Z and 2-7, as in access keys and request ids.
void put_upper(std::string& out, prng& random, int n);
/// `n` of the base64 alphabet.
void put_base64(std::string& out, prng& random, int n);
/// A version 4 UUID.
void put_uuid(std::string& out, prng& random);
/// Dotted IPv4 from host order.
void put_address(std::string& out, std::uint32_t host_order);
/// "2026-01-12T09:30:00Z"; CloudTrail has whole seconds.
void put_time(std::string& out, base::event_time t);
/// "Jan 12, 2026 9:30:00 AM", as IAM's response elements have it.
void put_long_time(std::string& out, base::event_time t);

} // namespace vedette::simulate
