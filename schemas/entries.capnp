# Bodies of log entries that are not events or alerts alone: a batch's share of a partition, ticks,
# what was emitted, what was answered, and what a tenant's log holds.
#
# Growing this file: add fields at the end with the next number; never renumber, retype or reuse one.
# tests/data/formats/ keeps a sample of every release. Bytes of events and alerts are those of
# events.capnp and alert.capnp.
@0xc3a1f0d4be7a5127;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vedette::wire");

struct BatchEntry {
  tenant          @0 :Data;
  source          @1 :Data;
  session         @2 :UInt64;
  sequence        @3 :UInt64;
  committedBelow  @4 :UInt64;  # the collector will never resend a sequence below it
  received        @5 :Int64;   # ns since 1970 UTC, the node's clock
  sourceWatermark @6 :Int64;   # newest event time of the source before this batch
  events          @7 :Data;    # events.capnp; empty when there are none
  quarantined     @8 :List(Quarantined);

  # Where it waited while its partition had no primary; index 0: it did not.
  parkedIn    @9 :UInt32;   # partition
  parkedEpoch @10 :UInt64;
  parkedIndex @11 :UInt64;  # of the ParkedEntry there
  parkedBelow @12 :UInt64;  # nothing of that partition and epoch with a lower index will come again
}

struct Quarantined {
  reason @0 :Data;
  head   @1 :Data;  # redacted beginning of the record
}

struct TickEntry {
  now     @0 :Int64;
  sources @1 :List(SourceMark);
}

struct SourceMark {
  tenant    @0 :Data;
  source    @1 :Data;
  watermark @2 :Int64;
  holds     @3 :Bool;  # false: ended or silent, no longer holds the partition's watermark back
}

struct EmittedEntry {
  ofEntry @0 :UInt64;  # index of the entry whose fold raised it
  tenant  @1 :Data;
  alerts  @2 :List(Data);  # alert.capnp
  maxima  @3 :List(DayMaximum);
}

struct DayMaximum {
  account @0 :Data;
  rule    @1 :Data;
  measure @2 :Data;
  day     @3 :Int32;
  value   @4 :Float64;
}

struct AnsweredEntry {
  emitted @0 :List(UInt64);  # indexes of emitted entries their receiver has in its log
}

# A batch of a partition that has no primary, kept by another one.
struct ParkedEntry {
  home     @0 :UInt32;  # the partition it belongs to
  tenant   @1 :Data;
  received @2 :Int64;
  batch    @3 :Data;    # BatchEntry
}

# The home has committed what was parked for it in entries up to `through`.
struct UnparkedEntry {
  home    @0 :UInt32;
  through @1 :UInt64;  # index
}

# A record that ended the fold again and again: every copy passes over it.
struct SkipEntry {
  entry  @0 :UInt64;  # index of the entry it is in
  record @1 :UInt32 = 4294967295;  # its place there; the default: all of the entry
}

# From this entry on the log's fold speaks with another generation of content. What a tenant log's
# checkpoint names it by, too.
struct ConfigEntry {
  generation @0 :UInt64;
  hash       @1 :Data;   # of the content, 64 hex digits
  at         @2 :Int64;  # when the generation was made, ns since 1970 UTC
}

# Everything a partition knows beside its entities, as of one entry.
struct PartitionCheckpoint {
  now       @0 :Int64;  # newest receive time folded
  batches   @1 :List(TakenBatches);
  sources   @2 :List(SourceCheckpoint);
  outbox    @3 :List(OutboxItem);   # emitted and not answered
  unemitted @4 :List(Data);         # EmittedEntry: raised by a fold whose emitted entry is not in the log
  waiting   @5 :List(WaitingEntity);
  generations @6 :List(ConfigEntry);  # that took effect last, the one in force at the end; none: generation 1
  digestHigh  @7 :UInt64;  # of everything the fold has said
  digestLow   @8 :UInt64;
  reported    @9 :Int64;       # receive time of the last report of growing alerts
  concluded   @10 :List(Data);  # tenants whose sources had all ended
  parked      @11 :List(ParkedItem);
}

struct TakenBatches {
  tenant  @0 :Data;
  source  @1 :Data;
  session @2 :UInt64;
  below   @3 :UInt64;
  above   @4 :List(UInt64);
  last    @5 :Int64;
}

struct SourceCheckpoint {
  tenant    @0 :Data;
  source    @1 :Data;
  watermark @2 :Int64;
  last      @3 :Int64;
  holds     @4 :Bool;
}

# A batch kept for another partition; it lies under its tenant, kind 39 and "home-index" in hex.
struct ParkedItem {
  home     @0 :UInt32;
  epoch    @1 :UInt64;  # of the ParkedEntry
  index    @2 :UInt64;
  tenant   @3 :Data;
  received @4 :Int64;
  bytes    @5 :UInt64;
}

struct OutboxItem {
  index @0 :UInt64;  # of the emitted entry
  body  @1 :Data;    # EmittedEntry
}

# An entity with windows to close or news to report.
struct WaitingEntity {
  tenant @0 :Data;
  kind   @1 :UInt8;
  key    @2 :Data;
  due    @3 :Int64;
  news   @4 :Bool;
}

# Part of a partition's checkpoint as it travels to a replica.
struct CheckpointChunk {
  entities @0 :List(Item);  # keys behind the partition, in order
  meta     @1 :List(Item);  # values of the store that belong to the checkpoint; in the first chunk
}

struct Item {
  key   @0 :Data;
  value @1 :Data;
}

# One input of a tenant's fold (tenant.capnp), with the tenant it is for: several share a log.
struct TenantEntry {
  tenant @0 :Data;
  input  @1 :Data;
}
