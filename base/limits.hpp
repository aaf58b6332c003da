// Every bound of the system, beside the reason for the number. tests/tidy demands a test for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace vedette::base::limits {

/// One vendor record. CloudTrail's largest fields are 100 KB and 28 KB; Kubernetes objects 1.5 MB.
inline constexpr std::size_t record_bytes = std::size_t{4} << 20;
/// Nesting of one record: real ones stay under 30, a hostile one tries for our stack.
inline constexpr std::size_t record_depth = 128;
/// Leaves of one record that rules can see; an EventList of a large object stays under 5,000.
inline constexpr std::size_t record_leaves = 8192;
/// The redacted record kept as evidence of a match.
inline constexpr std::size_t evidence_bytes = 4096;
/// Decompressed bytes per compressed byte; real logs reach 30, gzip's own limit is 1,032.
inline constexpr std::size_t expansion_ratio = 200;
/// Bytes before the ratio is judged, so that a short run of blanks is not called a bomb.
inline constexpr std::size_t expansion_grace_bytes = std::size_t{16} << 20;
/// Vendor event ids listed on an alert, the earliest.
inline constexpr std::size_t alert_events = 32;
/// The source a key stands for, and `?source=` over HTTP; a frame's source is that and the
/// collector's own name, 256 together.
inline constexpr std::size_t key_source_bytes = 128;
/// Resources, addresses and regions listed on an alert.
inline constexpr std::size_t alert_values = 16;
/// Distinct values one measure keeps exactly; above it counts are estimates
/// (docs/rules/measures.md).
inline constexpr std::size_t distinct_exact = 4096;
/// Values one first-seen set remembers per entity and rule; the least recently seen go first.
inline constexpr std::size_t first_seen_values = 4096;
/// Groups (rule and session) one entity keeps state for; the one idle for longest goes first.
inline constexpr std::size_t entity_groups = 256;
/// Rules in one generation; the index of a rule is 16 bits.
inline constexpr std::size_t rules = 65'535;
/// Named selections of one rule that its operator can refer to; they are bits of one word.
inline constexpr std::size_t rule_marks = 32;

/// Events or raw records of one batch; collectors send 100-250, a large file's read 4,096.
inline constexpr std::size_t batch_events = 65'536;
/// One frame of the ingest protocol, and one stored batch: a few of the largest records.
inline constexpr std::size_t frame_bytes = std::size_t{32} << 20;
/// One group commit before compression: what a node may take in while one fsync lasts.
inline constexpr std::size_t log_record_bytes = std::size_t{256} << 20;
/// The text of one entity's key; the longest ARNs are 2,048 bytes.
inline constexpr std::size_t state_key_bytes = 4096;

/// How late an event may arrive behind its source's watermark and still enter its window.
inline constexpr std::chrono::minutes lateness{20};
/// How far a live event may be ahead of its receive time before it stops moving the watermark.
inline constexpr std::chrono::minutes ahead{5};

} // namespace vedette::base::limits
